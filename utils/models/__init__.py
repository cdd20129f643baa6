"""The models: files fetched and verified, loading, completion, embedding, likelihood.

Here belongs what is true of a model whatever it is asked. Prompts, documents and scores don't belong here.
"""

from utils.models.chats import neutral
from utils.models.embedder import LONGEST, embed, reads_whole, unit_vectors, valid_texts
from utils.models.files import FULL_WEIGHTS, TRAINING_REPORT, fetch
from utils.models.folders import intact, make_once, sha256
from utils.models.grammar import Grammar
from utils.models.ladder import EMBEDDER, LADDER, LARGE, MEDIUM, SMALL, PackagedModel
from utils.models.likelihood import IGNORED, answer_loss, collate, encode_example, encode_examples, losses
from utils.models.llm import LLM, Completion, TooLongError
from utils.models.loading import chosen_embedder, chosen_generator, identity, load_embedder, load_llm, location
from utils.models.templates import Chat, turns
