"""The generator front end: PyMC4's API on current TensorFlow Probability."""
