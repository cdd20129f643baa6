"""Three colours to learn in a few steps: what tests of the cross-encoder train on, one model for all of them."""

from utils.finetuning.cross_encoder import CrossEncoderRecipe, PassagePair

RECIPE = CrossEncoderRecipe(epochs=12, batch_size=6, learning_rate=2e-4)
PAIRS = [
    PassagePair(f"which colour has the {thing}", f"The {thing} {verb} {what}.", verb == "has the colour")
    for thing in ("gate", "lamp", "boat")
    for verb, what in (("has the colour", "red"), ("stands", "on the hill"), ("was built", "in June"))
]
