"""The loops and the verbs' work: the only floor that joins the pure core with the windows."""
