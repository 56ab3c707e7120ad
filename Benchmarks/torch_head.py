"""The head at a large vocabulary with PyTorch: the peer of `opsd bench --head`.

Full-vocabulary Jensen-Shannon divergence (beta = 0.5) between a teacher and a student at given hidden states, and its
gradients by the student's and by the head's weights, on the CPU in float32. Three forms:

  naive     logits of all positions, and autograd
  chunked   some positions at a time, gradients computed with the loss, as Liger's chunked losses do it
  compiled  the same with what lies between the products compiled by torch.compile

Prints one JSON line: the median seconds, and the resident memory that was needed beside weights, hidden states and their
gradients, in MiB. Run it and `opsd bench --head` alternately: machines are shared, and a ratio counts.

usage: torch_head.py {naive,chunked,compiled} [--chunk 128] [--reps 3] [--threads 2]   (PyPI: torch)
"""

import argparse
import json
import math
import statistics
import time

import torch


def resident(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))


def forget_peak():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def naive(student, teacher, weight, d_student, d_weight, chunk):
    student = student.detach().requires_grad_()
    weight = weight.detach().requires_grad_()
    student.grad, weight.grad = d_student, d_weight
    ls = (student @ weight.T).log_softmax(-1)
    with torch.no_grad():
        lt = (teacher @ weight.T).log_softmax(-1)
    m = torch.logaddexp(ls, lt) - math.log(2)
    loss = 0.5 * (lt.exp() * (lt - m) + ls.exp() * (ls - m)).sum(-1).mean()
    loss.backward()
    return loss.item()


def divergence(zs, zt, scale):
    """The loss of some positions, and its gradient by the student's logits."""
    ls, lt = zs.log_softmax(-1), zt.log_softmax(-1)
    m = torch.logaddexp(ls, lt) - math.log(2)
    q = ls.exp()
    g = q * (ls - m)
    sums = g.sum(-1, keepdim=True)
    loss = 0.5 * scale * ((lt.exp() * (lt - m)).sum() + sums.sum())
    return loss, (0.5 * scale) * (g - q * sums)


compiled_divergence = torch.compile(divergence, dynamic=True)


@torch.no_grad()
def chunked(student, teacher, weight, d_student, d_weight, chunk, between=divergence):
    total = 0.0
    for s, t, d in zip(student.split(chunk), teacher.split(chunk), d_student.split(chunk)):
        loss, dz = between(s @ weight.T, t @ weight.T, 1 / len(student))
        torch.mm(dz, weight, out=d)
        d_weight.addmm_(dz.T, s)
        total += loss.item()
    return total


def compiled(*arguments):
    return chunked(*arguments, between=compiled_divergence)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("form", choices=["naive", "chunked", "compiled"])
    parser.add_argument("--vocabulary", type=int, default=151_936)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--positions", type=int, default=1024)
    parser.add_argument("--chunk", type=int, default=128)
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    a = parser.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    weight = torch.randn(a.vocabulary, a.width) / math.sqrt(a.width)
    student, teacher = (4 * torch.rand(2, a.positions, a.width) - 2).unbind()
    d_student, d_weight = torch.ones_like(student), torch.ones_like(weight)
    form = {"naive": naive, "chunked": chunked, "compiled": compiled}[a.form]
    before = resident("VmRSS")
    forget_peak()
    seconds, loss = [], 0.0
    for repetition in range(a.reps + 1):
        d_student.zero_(), d_weight.zero_()
        start = time.perf_counter()
        loss = form(student, teacher, weight, d_student, d_weight, a.chunk)
        if repetition:
            seconds.append(time.perf_counter() - start)
    line = {
        "engine": f"torch {a.form}", "torch": torch.__version__, "bench": "head", "vocabulary": a.vocabulary,
        "width": a.width, "positions": a.positions, "chunk": None if a.form == "naive" else a.chunk,
        "threads": torch.get_num_threads(), "seconds": round(statistics.median(seconds), 5),
        "resident_extra": round((resident("VmHWM") - before) / 2**20, 2), "loss": round(loss, 5),
    }
    print(json.dumps(line))


main()
