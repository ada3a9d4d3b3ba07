"""The small trainings by which the paper's claims are asked, one file an experiment."""
