"""Writes `insides.safetensors`: what transformers' Qwen3 attends to and says after each layer. Run it where it stands,
after `generate.py`: `python generate_insides.py`.

Made with Python 3.11, torch 2.15.0, transformers 5.24.0, safetensors 0.8.0. The weights and the sequences are those of
`generate.py`; every value is Qwen3ForCausalLM's own, with eager attention, in float64 but for its norms and softmax, which
it computes in float32.
"""

import json
import pathlib

import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen3Config, Qwen3ForCausalLM

HERE = pathlib.Path(__file__).parent
GOLDEN = json.loads((HERE / "golden.json").read_text())


def load(name, tied):
    shape = {k: v for k, v in GOLDEN["config"].items() if k != "rope_theta"}
    shape["tie_word_embeddings"] = tied
    config = Qwen3Config(**shape, attn_implementation="eager")
    config.rope_parameters = {"rope_type": "default", "rope_theta": GOLDEN["config"]["rope_theta"]}
    model = Qwen3ForCausalLM(config).double().eval()
    missing, unexpected = model.load_state_dict(load_file(HERE / f"{name}.safetensors"), strict=False)
    assert not unexpected and missing == (["lm_head.weight"] if tied else []), (missing, unexpected)
    return model


tensors = {}
for tied in (True, False):
    name = "qwen3-tied" if tied else "qwen3-untied"
    model = load(name, tied)
    for index, sequence in enumerate(GOLDEN["sequences"]):
        tokens = torch.tensor([sequence["prompt"] + sequence["completion"]])
        with torch.no_grad():
            out = model(tokens, output_attentions=True, output_hidden_states=True)
            # The last hidden state has gone through the final norm already.
            rows = [model.lm_head(model.model.norm(h)) for h in out.hidden_states[:-1]]
            rows.append(model.lm_head(out.hidden_states[-1]))
        assert torch.equal(rows[-1], out.logits)
        tensors[f"{name}.attention.{index}"] = torch.cat(out.attentions).float().contiguous()
        tensors[f"{name}.lens.{index}"] = torch.cat(rows).log_softmax(-1).float().contiguous()
save_file(tensors, HERE / "insides.safetensors")
