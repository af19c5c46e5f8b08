"""A repository of the Hugging Face hub: a folder is sent there, or fetched from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def upload(repo: str, files: Mapping[str, Path | bytes], *, private: bool, message: str) -> str:
    """Send files in one commit, to a repository that is made where there is none.

    Who sends them is known from `hf auth login` or HF_TOKEN.

    Args:
        repo: OWNER/NAME.
        files: path in the repository -> file here, or its content.
        private: of a repository that is made.
        message: of the commit.

    Returns:
        The address of the commit.

    Raises:
        OSError: they cannot be sent; the message says why.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi()
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        operations = [CommitOperationAdd(path, content) for path, content in files.items()]
        return str(api.create_commit(repo, operations, commit_message=message).commit_url)
    except Exception as error:  # each layer below has its own: hub, http client, validator
        raise OSError(_because(f"Nothing was sent to {repo}", error)) from error


def download(repo: str, folder: Path, patterns: Sequence[str], revision: str | None) -> None:
    """Fetch the files that fit one of the patterns.

    Args:
        repo: OWNER/NAME.
        folder: where they go, by their paths in the repository.
        revision: a branch, tag or commit; None: the newest.

    Raises:
        OSError: they cannot be had; the message says why.
    """
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(repo, revision=revision, local_dir=folder, allow_patterns=list(patterns))
    except Exception as error:  # as above
        raise OSError(_because(f"{repo} could not be fetched", error)) from error


def _because(what: str, error: Exception) -> str:
    why = " ".join(str(error).split()) or type(error).__name__
    return f"{what}: {why[:300]}"
