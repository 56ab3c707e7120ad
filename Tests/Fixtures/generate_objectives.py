"""Writes objectives.json, with which the tests of Objectives compare. Run it where it stands: `python generate_objectives.py`.

Made with Python 3.11, torch 2.15.0, transformers 5.24.0, trl 1.16.0; seed 20260123. README.md tells the layout.

Where TRL has a loss, TRL's own function is called and differentiated by autograd, in float64: the generalised JSD of
GKDTrainer, the full, top-k, tail and sampled-token losses of SDPO, its importance-sampling cap, and the loss of
GRPOTrainer, whose method runs on a stand-in for the trainer that answers with our logits. TRL 1.16.0 has no OPSD trainer,
no clip of single entries, no top-k with full denominators, no total variation and no skew divergence: those are written
down here from their papers.
"""

import json
import math
import os
import pathlib
from collections import defaultdict
from types import SimpleNamespace

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

import torch
from trl import GRPOTrainer
from trl.experimental.gkd import GKDTrainer
from trl.experimental.sdpo import loss_utils as sdpo
from trl.trainer.utils import nanstd

HERE = pathlib.Path(__file__).parent
ROWS, VOCABULARY = 6, 17
generator = torch.Generator().manual_seed(20260123)


def noise(*shape, scale=1.0):
    return (scale * torch.randn(*shape, generator=generator)).float().double()


STUDENT, TEACHER = noise(ROWS, VOCABULARY, scale=2), noise(ROWS, VOCABULARY, scale=2)
TOKENS = torch.randint(0, VOCABULARY, (ROWS,), generator=generator)


def with_gradient(losses_of):
    """Losses of the rows, and the gradient of their sum by the student's logits."""
    logits = STUDENT.clone().requires_grad_(True)
    losses = losses_of(logits)
    losses.sum().backward()
    return {"losses": losses.detach().tolist(), "gradients": logits.grad.tolist()}


# Divergences -------------------------------------------------------------------------------------------------------


def summands(name, weight, p, q):
    """One number a token; p and q are log-probabilities, `weight` is beta or alpha."""
    mixture = lambda a, b: torch.logaddexp(a + math.log(weight), b + math.log1p(-weight))
    if name == "forward":
        return p.exp() * (p - q)
    if name == "reverse":
        return q.exp() * (q - p)
    if name == "jsd":
        return weight * p.exp() * (p - mixture(p, q)) + (1 - weight) * q.exp() * (q - mixture(p, q))
    if name == "totalVariation":
        return (p.exp() - q.exp()).abs() / 2
    if name == "skew":
        return p.exp() * (p - mixture(p, q))
    return q.exp() * (q - mixture(q, p))


TRL_BETA = {"forward": 0.0, "reverse": 1.0}


def divergence(name, weight, student, temperature, support=None, clip=None):
    """From the papers' formulas; support: (k, side, normalisation)."""
    p, q = (torch.log_softmax(z / temperature, -1) for z in (TEACHER, student))
    if support:
        count, side, normalisation = support
        chosen = (p if side == "teacher" else q).detach().topk(count, -1).indices
        if normalisation == "tail":
            outside = torch.ones_like(p, dtype=torch.bool).scatter(-1, chosen, False)
            rest = [x.masked_fill(~outside, -math.inf).logsumexp(-1, keepdim=True) for x in (p, q)]
            p, q = (torch.cat([x.gather(-1, chosen), r], -1) for x, r in zip((p, q), rest))
        else:
            p, q = (x.gather(-1, chosen) for x in (p, q))
            if normalisation == "renormalised":
                p, q = (x.log_softmax(-1) for x in (p, q))
    terms = summands(name, weight, p, q)
    kind, threshold = clip or (None, None)
    if kind == "pointwise":
        terms = terms.clamp(max=threshold)
    losses = terms.sum(-1)
    return losses.clamp(max=threshold) if kind == "perToken" else losses


def divergence_cases():
    for name, weight in [
        ("forward", 0), ("reverse", 1), ("jsd", 0.1), ("jsd", 0.5), ("jsd", 0.9), ("totalVariation", 0),
        ("skew", 0.1), ("skew", 0.6), ("skewReverse", 0.1), ("skewReverse", 0.6),
    ]:  # fmt: skip
        for temperature in (1.0, 1.7):
            entry = {"name": name, "weight": weight, "temperature": temperature}
            ours = with_gradient(lambda z: divergence(name, weight, z, temperature))
            if name in ("forward", "reverse", "jsd"):
                beta = TRL_BETA.get(name, weight)
                theirs = with_gradient(
                    lambda z: GKDTrainer.generalized_jsd_loss(
                        z, TEACHER, beta=beta, temperature=temperature, reduction="none"
                    ).sum(-1)
                )
                yield entry | {"source": "trl"} | agreed(theirs, ours)
            else:
                yield entry | {"source": "paper"} | ours
        for clip in (("pointwise", 0.05), ("pointwise", 1e-6), ("perToken", 0.4)):
            entry = {"name": name, "weight": weight, "temperature": 1.0, "clip": list(clip), "source": "paper"}
            yield entry | with_gradient(lambda z: divergence(name, weight, z, 1.0, clip=clip))
        for normalisation in ("full", "renormalised", "tail"):
            for side in ("teacher", "student"):
                entry = {"name": name, "weight": weight, "temperature": 1.0, "support": [5, side, normalisation]}
                ours = with_gradient(lambda z: divergence(name, weight, z, 1.0, support=(5, side, normalisation)))
                if side == "student" and normalisation != "full" and name in ("forward", "reverse", "jsd"):
                    theirs = with_gradient(
                        lambda z: sdpo.compute_topk_self_distillation_loss(
                            z, TEACHER, distillation_topk=5, distillation_alpha=float(TRL_BETA.get(name, weight)),
                            distillation_add_tail=normalisation == "tail",
                        )
                    )  # fmt: skip
                    yield entry | {"source": "trl"} | agreed(theirs, ours)
                else:
                    yield entry | {"source": "paper"} | ours
    both = {"support": [5, "teacher", "renormalised"], "clip": ["pointwise", 0.05]}
    entry = {"name": "forward", "weight": 0, "temperature": 1.3, "source": "paper"} | both
    yield entry | with_gradient(
        lambda z: divergence("forward", 0, z, 1.3, (5, "teacher", "renormalised"), ("pointwise", 0.05))
    )


def agreed(theirs, ours):
    """TRL's numbers, which are also those of the formula."""
    for key in theirs:
        a, b = torch.tensor(theirs[key]), torch.tensor(ours[key])
        assert torch.allclose(a, b, rtol=1e-6, atol=1e-6), (key, (a - b).abs().max())
    return theirs


# Losses of the sampled token ---------------------------------------------------------------------------------------


def log_q(logits, temperature=1.0):
    return torch.log_softmax(logits / temperature, -1).gather(-1, TOKENS[:, None])[:, 0]


OLD = (log_q(STUDENT) + noise(ROWS, scale=0.3)).detach()
REFERENCE = (log_q(STUDENT) + noise(ROWS, scale=0.5)).detach()
TEACHER_TOKEN = log_q(TEACHER)
ADVANTAGES = noise(ROWS)
LENGTHS = [2, 1, 3]  # the six rows as three completions of at most four tokens


def padded(values):
    """Rows as (completion, position), padded."""
    out, start = values.new_zeros(len(LENGTHS), 4, *values.shape[1:]), 0
    for index, length in enumerate(LENGTHS):
        out = out.index_put((torch.tensor([index] * length), torch.arange(length)), values[start : start + length])
        start += length
    return out


def grpo_case(loss_type, low, high, beta, advantages):
    """The loss of GRPOTrainer and its gradient by the logits."""
    logits = STUDENT.clone().requires_grad_(True)
    mask = padded(torch.ones(ROWS, dtype=torch.float64))
    accelerator = SimpleNamespace(num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x)
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=True),
        _get_per_token_logps_and_entropies=lambda *_, **__: (padded(log_q(logits)), torch.zeros_like(mask), None),
        aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
        importance_sampling_level="token", beta=beta, loss_type=loss_type, epsilon_low=low, epsilon_high=high,
        use_vllm=False, vllm_importance_sampling_correction=False, max_completion_length=8, accelerator=accelerator,
        current_gradient_accumulation_steps=1, _entropy_bonus_enabled=False,
        _metrics={"train": defaultdict(list), "eval": defaultdict(list)},
        args=SimpleNamespace(use_bias_correction_kl=False, delta=None, steps_per_generation=1),
    )  # fmt: skip
    batch = {
        "prompt_ids": torch.zeros(3, 1, dtype=torch.long), "prompt_mask": torch.ones(3, 1, dtype=torch.long),
        "completion_ids": padded(TOKENS), "completion_mask": mask, "advantages": padded(advantages),
        "old_per_token_logps": padded(OLD), "ref_per_token_logps": padded(REFERENCE),
        "num_items_in_batch": mask.sum(),
    }  # fmt: skip
    loss = GRPOTrainer._compute_loss(trainer, trainer.model, batch)
    loss.backward()
    metrics = {key.split("/")[-1]: values[0] for key, values in trainer._metrics["train"].items() if values}
    kept = ("kl", "low_mean", "high_mean", "cispo_clip_ratio")
    return {
        "lossType": loss_type, "low": low, "high": high, "beta": beta, "advantages": advantages.tolist(),
        "loss": loss.item(), "gradients": logits.grad.tolist(), **{k: v for k, v in metrics.items() if k in kept},
    }  # fmt: skip


def policy_cases():
    for loss_type in ("grpo", "bnpo", "dapo", "dr_grpo"):
        yield grpo_case(loss_type, 0.2, 0.2, 0.0, ADVANTAGES)
        yield grpo_case(loss_type, 0.2, 0.28, 0.04, ADVANTAGES)
    yield grpo_case("grpo", 0.05, 0.05, 0.1, -ADVANTAGES)
    yield grpo_case("cispo", 0.2, 1.1, 0.0, ADVANTAGES)


def sampled_token_cases():
    def loss(logits):
        return sdpo.compute_sampled_token_self_distillation_loss(logits, TEACHER, TOKENS, distillation_alpha=1.0)

    yield {"cap": None} | with_gradient(loss)
    for cap in (1.1, 2.0):
        yield {"cap": cap} | with_gradient(
            lambda z: sdpo.apply_importance_sampling_clipping(loss(z), log_q(z), OLD, cap)
        )


def advantage_cases():
    """As GRPOTrainer computes them, with its nanstd; the lines around it stand inside a method of 400 lines."""
    rewards = torch.tensor([[1, 0, 0, 1], [0.25, 0.5, 0.75, 2], [1, 1, 1, 1]], dtype=torch.float64)
    centred = rewards - rewards.nanmean(1, keepdim=True)
    yield {"scale": "group", "advantages": (centred / (nanstd(rewards, dim=1)[:, None] + 1e-4)).tolist()}
    yield {"scale": "batch", "advantages": (centred / (nanstd(rewards) + 1e-4)).tolist()}
    yield {"scale": "none", "advantages": centred.tolist()}


def main():
    stored = {
        "student": STUDENT.tolist(), "teacher": TEACHER.tolist(), "tokens": TOKENS.tolist(), "old": OLD.tolist(),
        "reference": REFERENCE.tolist(), "teacherToken": TEACHER_TOKEN.tolist(), "lengths": LENGTHS,
        "rewards": [[1, 0, 0, 1], [0.25, 0.5, 0.75, 2], [1, 1, 1, 1]], "divergences": list(divergence_cases()),
        "policies": list(policy_cases()), "sampledToken": list(sampled_token_cases()),
        "advantages": list(advantage_cases()),
    }  # fmt: skip

    def rounded(value):
        if isinstance(value, float):
            return float(f"{value:.9g}")
        if isinstance(value, list):
            return [rounded(v) for v in value]
        return {k: rounded(v) for k, v in value.items()} if isinstance(value, dict) else value

    text = json.dumps(rounded(stored), separators=(",", ":"), sort_keys=True)
    (HERE / "objectives.json").write_text(text + "\n")


main()
