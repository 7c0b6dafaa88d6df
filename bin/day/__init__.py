"""A day of the demo hospital: what its systems send and what each person does."""
