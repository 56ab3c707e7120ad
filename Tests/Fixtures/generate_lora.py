"""Writes the golden values of adapters. Run it where it stands, after generate.py: `python generate_lora.py`.

Made with Python 3.11, torch 2.15.0, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0; seed 20260124.
README.md tells the layout of each file.

The adapters are made and saved by the peft library onto the tiny models of generate.py. Every expected value is computed
in float64 by the short decoder there, from weights to which the adapter's product is added, and rounded once; logits and
gradients are compared here with the peft model (float32).
"""

import json

import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from transformers import Qwen3Config, Qwen3ForCausalLM

from generate import CONFIG, HERE, close, completion_logits, decode, divergence, write_json, write_tensors

SEED = 20260124
PREFIX = "base_model.model."
TARGETS = {"q": "self_attn", "k": "self_attn", "v": "self_attn", "o": "self_attn", "gate": "mlp", "up": "mlp", "down": "mlp"}
ADAPTERS = {
    # Everything, with an alpha that is no multiple of the rank; and peft's own choice of targets.
    "lora-all": {"model": "qwen3-tied", "r": 3, "lora_alpha": 5, "targets": list(TARGETS)},
    "lora-qv": {"model": "qwen3-untied", "r": 2, "lora_alpha": 4, "targets": ["q", "v"]},
}


def base_model(name):
    """The tiny model of a file of generate.py, and its weights."""
    weights = load_file(HERE / f"{name}.safetensors")
    tied = "lm_head.weight" not in weights
    config = Qwen3Config(**{k: v for k, v in CONFIG.items() if k != "rope_theta"}, tie_word_embeddings=tied)
    config.rope_parameters = {"rope_type": "default", "rope_theta": CONFIG["rope_theta"]}
    model = Qwen3ForCausalLM(config).float().eval()
    model.load_state_dict(weights, strict=not tied)
    return model, weights


def make_adapter(name, generator):
    """A peft model whose adapter is saved: A as peft draws it in distribution, B random too, so that all of it counts."""
    settings = ADAPTERS[name]
    model, weights = base_model(settings["model"])
    modules = [f"{target}_proj" for target in settings["targets"]]
    config = LoraConfig(
        r=settings["r"], lora_alpha=settings["lora_alpha"], target_modules=modules, task_type="CAUSAL_LM",
        base_model_name_or_path=settings["model"],
    )  # fmt: skip
    peft = get_peft_model(model, config).eval()
    adapter = {}
    for parameter_name, parameter in peft.named_parameters():
        if "lora_" not in parameter_name:
            continue
        noise = torch.rand(parameter.shape, generator=generator) * 2 - 1
        fan_in = parameter.shape[1]
        parameter.data = noise / fan_in**0.5 if "lora_A" in parameter_name else noise * 0.3
        adapter[parameter_name.replace(".default", "")] = parameter.data.clone()
    peft.peft_config["default"].base_model_name_or_path = settings["model"]
    peft.save_pretrained(HERE / name)
    (HERE / name / "README.md").unlink(missing_ok=True)
    stored = load_file(HERE / name / "adapter_model.safetensors")
    assert stored.keys() == adapter.keys() and all(torch.equal(stored[key], adapter[key]) for key in stored)
    # peft keeps the targets in a set, whose order is another in every process.
    path = HERE / name / "adapter_config.json"
    described = json.loads(path.read_text())
    described["target_modules"].sort()
    path.write_text(json.dumps(described, indent=2, sort_keys=True) + "\n")
    (HERE / name / "adapter_model.safetensors").chmod(0o644)
    return peft, weights, adapter


def merged(weights, adapter, settings):
    """The weights with the product added, as functions of the adapter."""
    scale = settings["lora_alpha"] / settings["r"]
    result = dict(weights)
    for layer in range(CONFIG["num_hidden_layers"]):
        for target in settings["targets"]:
            name = f"model.layers.{layer}.{TARGETS[target]}.{target}_proj"
            a, b = (adapter[f"{PREFIX}{name}.lora_{letter}.weight"] for letter in "AB")
            result[f"{name}.weight"] = weights[f"{name}.weight"] + scale * (b @ a)
    return result


def doubles(tensors, trained=False):
    return {name: value.double().requires_grad_(trained) for name, value in tensors.items()}


def forward_and_gradient(name, peft, weights, adapter, sequences):
    """Logits of each sequence with the adapter; loss, and its gradient by the adapter, over all completion tokens."""
    settings = ADAPTERS[name]
    base, exact = doubles(weights), doubles(adapter, trained=True)
    stored, losses, peer_losses = {}, [], []
    for index, (prompt, completion) in enumerate(sequences):
        logits = decode(merged(base, exact, settings), prompt + completion)
        peer = peft(torch.tensor([prompt + completion])).logits[0]
        close(peer, logits)
        stored[f"logits.{index}"] = logits.detach().float()
        target, window = torch.tensor(completion), slice(len(prompt) - 1, -1)
        losses.append(F.cross_entropy(logits[window], target, reduction="none"))
        peer_losses.append(F.cross_entropy(peer[window], target, reduction="none"))
    loss = torch.cat(losses).mean()
    loss.backward()
    torch.cat(peer_losses).mean().backward()
    for parameter_name, parameter in peft.named_parameters():
        if "lora_" in parameter_name:
            key = parameter_name.replace(".default", "")
            close(parameter.grad, exact[key].grad)
            stored[f"gradient.{key}"] = exact[key].grad.float()
        else:
            assert parameter.grad is None
    with torch.no_grad():
        for key, value in merged(base, exact, settings).items():
            stored[f"merged.{key}"] = value.float()
    write_tensors(f"{name}-expected.safetensors", stored)
    return loss.item()


def trajectory(name, weights, adapter, samples, limit, teacher="fixed", decay=None, steps=10):
    """Ten steps of AdamW on the adapter, JSD(beta = 0.5). The fixed teacher is the base without the adapter; the other
    one the average of the merged weights, which begins with the base and takes in the student after each step."""
    settings = ADAPTERS[name]
    base, student = doubles(weights), doubles(adapter, trained=True)
    average = dict(base)
    optimizer = torch.optim.AdamW(list(student.values()), lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
    losses, norms = [], []
    for _ in range(steps):
        with torch.no_grad():
            scores = torch.cat([completion_logits(average, s["teacherPrompt"], s["completion"]) for s in samples])
        optimizer.zero_grad()
        now = merged(base, student, settings)
        logits = torch.cat([completion_logits(now, s["studentPrompt"], s["completion"]) for s in samples])
        tokens = divergence(0.5, scores, logits)
        tokens.mean().backward()
        norms.append(torch.nn.utils.clip_grad_norm_(list(student.values()), limit).item())
        optimizer.step()
        losses.append(tokens.mean().item())
        if teacher == "ema":
            with torch.no_grad():
                now = merged(base, student, settings)
                average = {key: decay * average[key] + (1 - decay) * now[key] for key in average}
    write_tensors(f"{name}-{teacher}-final.safetensors", {k: v.detach().float() for k, v in student.items()})
    return {"maxGradientNorm": limit, "decay": decay, "losses": losses, "gradientNorms": norms}


def main():
    generator = torch.Generator().manual_seed(SEED)
    golden = json.loads((HERE / "golden.json").read_text())
    sequences = [(s["prompt"], s["completion"]) for s in golden["sequences"]]
    samples = golden["opsd-trajectory"]["samples"]
    expected = {}
    for name, settings in ADAPTERS.items():
        peft, weights, adapter = make_adapter(name, generator)
        expected[name] = {"loss": forward_and_gradient(name, peft, weights, adapter, sequences)}
        if settings["model"] == "qwen3-tied":
            # A fresh adapter as training begins with it, under a fixed teacher; and the saved one under an average.
            fresh = {k: torch.zeros_like(v) if "lora_B" in k else v for k, v in adapter.items()}
            write_tensors(f"{name}-fixed-start.safetensors", fresh)
            expected[name]["fixed"] = trajectory(name, weights, fresh, samples, limit=0.2)
            expected[name]["ema"] = trajectory(name, weights, adapter, samples, limit=0.2, teacher="ema", decay=0.9)
    write_json("golden-lora.json", expected)


if __name__ == "__main__":
    main()
