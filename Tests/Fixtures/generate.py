"""Writes the golden values that the tests compare with. Run it where it stands: `python generate.py`.

Made with Python 3.11, torch 2.15.0, transformers 5.23.0, safetensors 0.8.0, numpy 2.4.6; seed 20260123.
The files are committed; run this again only to change what is in them. README.md tells the layout of each file.

Every value is computed in float64 by the short decoder below, starting from float32 weights, and rounded once when it
is stored. The decoder itself is checked here against transformers' Qwen3ForCausalLM (float32 inside its norms), for
logits, gradients and cached decoding.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import Qwen3Config, Qwen3ForCausalLM

HERE = pathlib.Path(__file__).parent
SEED = 20260123
CONFIG = {
    "vocab_size": 19,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 48,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1e6,
    "max_position_embeddings": 128,
}
VOCABULARY = CONFIG["vocab_size"]
MAX_GRADIENT_NORM = 0.5  # such that the first steps of the trajectory are clipped and the last ones are not


# The decoder -------------------------------------------------------------------------------------------------------


def rms_norm(x, weight):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + CONFIG["rms_norm_eps"]) * weight


def rotate(x):
    """Rotary positions 0, 1, … on (position, head, dim); element i is paired with i + dim / 2."""
    length, _, dim = x.shape
    frequencies = CONFIG["rope_theta"] ** (-torch.arange(0, dim, 2, dtype=x.dtype) / dim)
    angles = torch.arange(length, dtype=x.dtype)[:, None] * frequencies
    cos, sin = angles.cos()[:, None], angles.sin()[:, None]
    first, second = x[..., : dim // 2], x[..., dim // 2 :]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


def decode(weights, tokens):
    """Logits (position, vocabulary) of one sequence."""
    heads, kv_heads, dim = (CONFIG[k] for k in ("num_attention_heads", "num_key_value_heads", "head_dim"))
    length = len(tokens)
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    x = weights["model.embed_tokens.weight"][torch.tensor(tokens)]
    for layer in range(CONFIG["num_hidden_layers"]):
        w = lambda name: weights[f"model.layers.{layer}.{name}.weight"]
        y = rms_norm(x, w("input_layernorm"))
        q = rotate(rms_norm((y @ w("self_attn.q_proj").T).view(length, heads, dim), w("self_attn.q_norm")))
        k = rotate(rms_norm((y @ w("self_attn.k_proj").T).view(length, kv_heads, dim), w("self_attn.k_norm")))
        v = (y @ w("self_attn.v_proj").T).view(length, kv_heads, dim)
        k, v = (t.repeat_interleave(heads // kv_heads, 1) for t in (k, v))
        scores = torch.einsum("ihd,jhd->hij", q, k) / math.sqrt(dim)
        attention = scores.masked_fill(future, -math.inf).softmax(-1)
        x = x + torch.einsum("hij,jhd->ihd", attention, v).reshape(length, -1) @ w("self_attn.o_proj").T
        y = rms_norm(x, w("post_attention_layernorm"))
        x = x + (F.silu(y @ w("mlp.gate_proj").T) * (y @ w("mlp.up_proj").T)) @ w("mlp.down_proj").T
    head = weights.get("lm_head.weight", weights["model.embed_tokens.weight"])
    return rms_norm(x, weights["model.norm.weight"]) @ head.T


def completion_logits(weights, prompt, completion):
    """The logits that predict each token of the completion."""
    return decode(weights, prompt + completion)[len(prompt) - 1 : -1]


# Divergences -------------------------------------------------------------------------------------------------------


def divergence(name, teacher, student, temperature=1.0):
    """One value a row: "forward" = KL(teacher || student), "reverse" = KL(student || teacher), a number = JSD beta."""
    p, q = (F.log_softmax(z / temperature, -1) for z in (teacher, student))
    if name == "forward":
        return (p.exp() * (p - q)).sum(-1)
    if name == "reverse":
        return (q.exp() * (q - p)).sum(-1)
    m = torch.logaddexp(p + math.log(name), q + math.log1p(-name))
    return name * (p.exp() * (p - m)).sum(-1) + (1 - name) * (q.exp() * (q - m)).sum(-1)


# The files ---------------------------------------------------------------------------------------------------------


def random_weights(tied, generator):
    """Float32 weights under their Hugging Face names; large enough that no distribution is nearly uniform."""
    config = Qwen3Config(**{k: v for k, v in CONFIG.items() if k != "rope_theta"}, tie_word_embeddings=tied)
    config.rope_parameters = {"rope_type": "default", "rope_theta": CONFIG["rope_theta"]}
    model = Qwen3ForCausalLM(config).float().eval()
    weights = {}
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        scale = 0.1 if parameter.dim() == 1 else 0.4 if "embed" in name or "lm_head" in name else 0.2
        parameter.data = noise * scale + (1 if parameter.dim() == 1 else 0)
        weights[name] = parameter.data.clone()
    return model, weights


def doubles(weights):
    return {name: value.double().requires_grad_(True) for name, value in weights.items()}


def token_list(count, generator):
    return torch.randint(0, VOCABULARY, (count,), generator=generator).tolist()


def close(a, b, tolerance=2e-5):
    error = (a.double() - b.double()).norm() / b.double().norm()
    assert error < tolerance, f"differs from transformers by {error:.2e} of the norm"


def write_json(name, value):
    (HERE / name).write_text(json.dumps(value, separators=(",", ":"), sort_keys=True) + "\n")


def write_tensors(name, tensors, metadata=None):
    save_file(tensors, HERE / name, metadata=metadata)
    (HERE / name).chmod(0o644)


def forward_and_gradient(name, model, weights, sequences):
    """Logits of each sequence; loss and gradient of the mean cross-entropy over all completion tokens."""
    exact = doubles(weights)
    stored, losses, peer_losses = {}, [], []
    for index, (prompt, completion) in enumerate(sequences):
        logits = decode(exact, prompt + completion)
        peer = model(torch.tensor([prompt + completion])).logits[0]
        close(peer, logits)
        stored[f"logits.{index}"] = logits.detach().float()
        target, window = torch.tensor(completion), slice(len(prompt) - 1, -1)
        losses.append(F.cross_entropy(logits[window], target, reduction="none"))
        peer_losses.append(F.cross_entropy(peer[window], target, reduction="none"))
    loss = torch.cat(losses).mean()
    loss.backward()
    torch.cat(peer_losses).mean().backward()
    for parameter_name, parameter in model.named_parameters():
        gradient = exact[parameter_name].grad
        close(parameter.grad, gradient)
        stored[f"gradient.{parameter_name}"] = gradient.float()
    write_tensors(f"{name}.safetensors", weights, metadata={"format": "pt"})
    write_tensors(f"{name}-expected.safetensors", stored)
    return loss.item()


def greedy_rollout(model, weights, prompt, count):
    """Greedy decoding: the tokens and the logits each was chosen from; the cached decoder must agree."""
    exact, tokens, rows, cache = doubles(weights), list(prompt), [], None
    feed = torch.tensor([prompt])
    with torch.no_grad():
        for _ in range(count):
            row = decode(exact, tokens)[-1]
            output = model(feed, past_key_values=cache, use_cache=True)
            cache = output.past_key_values
            close(output.logits[0, -1], row)
            tokens.append(row.argmax().item())
            feed = torch.tensor([tokens[-1:]])
            rows.append(row)
    return {"prompt": prompt, "completion": tokens[len(prompt) :], "logits": torch.stack(rows).tolist()}


def opsd_trajectory(weights, samples, steps=10):
    """Ten steps of AdamW on JSD(beta = 0.5); the teacher is the initial model under the longer prompt."""
    student = doubles(weights)
    with torch.no_grad():
        teacher = torch.cat([completion_logits(student, s["teacherPrompt"], s["completion"]) for s in samples])
    matrices = [w for w in student.values() if w.dim() == 2]
    vectors = [w for w in student.values() if w.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
    losses, norms, first = [], [], None
    for _ in range(steps):
        optimizer.zero_grad()
        logits = torch.cat([completion_logits(student, s["studentPrompt"], s["completion"]) for s in samples])
        tokens = divergence(0.5, teacher, logits)
        first = tokens.tolist() if first is None else first
        tokens.mean().backward()
        norms.append(torch.nn.utils.clip_grad_norm_(list(student.values()), MAX_GRADIENT_NORM).item())
        optimizer.step()
        losses.append(tokens.mean().item())
    write_tensors("opsd-trajectory-final.safetensors", {k: v.detach().float() for k, v in student.items()})
    return {
        "maxGradientNorm": MAX_GRADIENT_NORM,
        "samples": samples,
        "firstStepDivergences": first,
        "losses": losses,
        "gradientNorms": norms,
        "finalNorms": {k: v.norm().item() for k, v in student.items()},
        "movedNorms": {k: (v - weights[k].double()).norm().item() for k, v in student.items()},
    }


def divergences(generator):
    """Losses (one a row) and gradients of their SUM with respect to the student's logits."""
    student = 2 * torch.randn(5, 37, generator=generator, dtype=torch.float64)
    teacher = student + 1.5 * torch.randn(5, 37, generator=generator, dtype=torch.float64)
    cases = []
    for temperature in (1.0, 0.7):
        for name in ("forward", "reverse", 0.1, 0.5, 0.9):
            logits = student.clone().requires_grad_(True)
            rows = divergence(name, teacher, logits, temperature)
            rows.sum().backward()
            kind = {"name": name} if isinstance(name, str) else {"name": "jsd", "beta": name}
            case = {"temperature": temperature, "losses": rows.tolist(), "gradients": logits.grad.tolist()}
            cases.append(kind | case)
    return {"student": student.tolist(), "teacher": teacher.tolist(), "cases": cases}


def dtypes():
    """A file with every type that is read, a scalar, an empty tensor and metadata."""
    values = torch.tensor([[0.0, -1.5, 3.140625], [65504.0, 6.103515625e-05, -5.960464477539063e-08]])
    tensors = {
        "single": values,
        "half": values.half(),
        "brain": values.bfloat16(),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
    }
    write_tensors("dtypes.safetensors", tensors, metadata={"made by": "safetensors 0.8.0", "naïve": "ja"})
    write_json("dtypes.json", {name: tensor.float().flatten().tolist() for name, tensor in tensors.items()})


def main():
    generator = torch.Generator().manual_seed(SEED)
    sequences = [(token_list(prompt, generator), token_list(rest, generator)) for prompt, rest in ((4, 7), (3, 4))]
    described = [{"prompt": prompt, "completion": completion} for prompt, completion in sequences]
    golden = {"config": CONFIG, "sequences": described}
    for name, tied in (("qwen3-tied", True), ("qwen3-untied", False)):
        model, weights = random_weights(tied, generator)
        loss = forward_and_gradient(name, model, weights, sequences)
        golden[name] = {"loss": loss, "rollout": greedy_rollout(model, weights, token_list(5, generator), 12)}
        if tied:
            samples = [
                {
                    "studentPrompt": token_list(short, generator),
                    "teacherPrompt": token_list(long, generator),
                    "completion": token_list(length, generator),
                }
                for short, long, length in ((4, 7, 6), (5, 9, 4), (3, 6, 5))
            ]
            golden["opsd-trajectory"] = opsd_trajectory(weights, samples)
    write_json("golden.json", golden)
    write_json("divergences.json", divergences(generator))
    dtypes()


if __name__ == "__main__":
    main()
