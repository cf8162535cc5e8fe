"""What a model practises on and is examined in."""
