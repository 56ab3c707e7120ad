"""One step of OPSD with PyTorch and transformers: the work of `opsd bench --size SIZE`, phase by phase.

    python -m venv peers && peers/bin/pip install torch transformers
    peers/bin/python Benchmarks/torch_step.py nano --threads 2 [--compile]

Prints one line of JSON: medians in seconds over the repetitions, after one that is not counted.
"""

import argparse
import json
import statistics
import time

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

# vocabulary, width, layers, heads, key-value heads, head width, feed-forward; batch, student's and teacher's prompt, new tokens
SIZES = {
    "nano": ((128, 128, 4, 4, 2, 32, 384), (16, 32, 96, 64)),
    "small": ((4096, 384, 8, 6, 2, 64, 1024), (8, 64, 192, 128)),
    "mid": ((16384, 768, 12, 12, 4, 64, 2048), (4, 64, 192, 128)),
}


def jsd(student_logits, teacher_logits, beta=0.5):
    """The mean over positions of the generalised Jensen-Shannon divergence, teacher weight beta."""
    q, p = student_logits.log_softmax(-1), teacher_logits.log_softmax(-1)
    m = torch.logaddexp(q + torch.log(torch.tensor(1 - beta)), p + torch.log(torch.tensor(beta)))
    return (beta * (p.exp() * (p - m)).sum(-1) + (1 - beta) * (q.exp() * (q - m)).sum(-1)).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--compile", action="store_true", help="torch.compile the forward pass; sampling stays eager")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    (vocabulary, width, layers, heads, kv_heads, head_width, feed_forward), work = SIZES[options.size]
    batch, student_prompt, teacher_prompt, new_tokens = work
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads,
            num_key_value_heads=kv_heads, head_dim=head_width, intermediate_size=feed_forward,
            tie_word_embeddings=True, max_position_embeddings=1024, eos_token_id=None, bos_token_id=None, pad_token_id=0,
        )
    ).float()
    forward = torch.compile(model) if options.compile else model
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, foreach=True)
    student = torch.randint(1, vocabulary, (batch, student_prompt))
    teacher = torch.randint(1, vocabulary, (batch, teacher_prompt))
    phases = {"rollout": [], "teacher": [], "student_fwd_bwd": [], "adamw": []}

    def completion_logits(prompt, completion):
        ids = torch.cat([prompt, completion], 1)[:, :-1]
        return forward(input_ids=ids, use_cache=False, logits_to_keep=new_tokens).logits

    for _ in range(options.reps + 1):
        marks = [time.perf_counter()]
        with torch.no_grad():
            sampled = model.generate(
                student, attention_mask=torch.ones_like(student), do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
                min_new_tokens=new_tokens, max_new_tokens=new_tokens,
            )[:, student_prompt:]
        marks.append(time.perf_counter())
        with torch.no_grad():
            taught = completion_logits(teacher, sampled)
        marks.append(time.perf_counter())
        loss = jsd(completion_logits(student, sampled), taught)
        loss.backward()
        marks.append(time.perf_counter())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        marks.append(time.perf_counter())
        for name, (start, end) in zip(phases, zip(marks, marks[1:])):
            phases[name].append(end - start)

    medians = {name: round(statistics.median(seconds[1:]), 5) for name, seconds in phases.items()}
    print(
        json.dumps(
            {
                "engine": "torch.compile" if options.compile else "torch", "version": torch.__version__,
                "size": options.size, "threads": options.threads, **medians, "step": round(sum(medians.values()), 5),
            }
        )
    )


if __name__ == "__main__":
    main()
