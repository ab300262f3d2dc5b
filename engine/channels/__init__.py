"""The ways out: a channel carries one finished parcel and tells what became of it; `table` names them all."""
