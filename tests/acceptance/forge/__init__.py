"""The workflows' own steps, run one after the other as runners do."""
