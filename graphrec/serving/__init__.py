"""From a trained run to answers: write back, recommend, explain, embed what is new."""
