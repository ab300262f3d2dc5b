"""Pure decisions over one contact's case: who enters, what an advance does, who leaves, what may be sent."""
