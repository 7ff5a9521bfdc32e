"""Labs: the config of a stack, and what each kind of lab is composed of. Composition only."""
