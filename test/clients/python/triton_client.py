"""The official tritonclient package, unchanged, over HTTP: JSON and binary tensors. Prints one JSON object."""

import json
import os
from urllib.parse import urlparse

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(url=urlparse(os.environ["GATEWAY_URL"]).netloc)
# Copied at each call: the client writes its own headers into what it is given.
headers = {"authorization": f"Bearer {os.environ['API_KEY']}"}
features = numpy.full((2, 64), 0.5, dtype=numpy.float32)


def infer(binary_in, binary_out):
    tensor = triton.InferInput("features", list(features.shape), "FP32")
    tensor.set_data_from_numpy(features, binary_data=binary_in)
    outputs = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in ("scores", "label")]
    return client.infer("digits", [tensor], outputs=outputs, headers=dict(headers))


def failure():
    tensor = triton.InferInput("features", [1, 3], "FP32")
    tensor.set_data_from_numpy(numpy.zeros((1, 3), dtype=numpy.float32), binary_data=False)
    try:
        client.infer("digits", [tensor], headers=dict(headers))
    except InferenceServerException as error:
        return error.message()
    return None


answers = [infer(binary_in, binary_out) for binary_in in (False, True) for binary_out in (False, True)]
plain = triton.InferInput("features", list(features.shape), "FP32")
plain.set_data_from_numpy(features)
answers.append(client.infer("digits", [plain], headers=dict(headers)))
scores = [answer.as_numpy("scores") for answer in answers]

print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model_ready": client.is_model_ready("digits", headers=dict(headers)),
            "server": client.get_server_metadata(headers=dict(headers))["name"],
            "inputs": client.get_model_metadata("digits", headers=dict(headers))["inputs"],
            "shapes": [list(each.shape) for each in scores],
            "equal": all(numpy.array_equal(scores[0], each) for each in scores),
            "labels": [int(each) for each in answers[0].as_numpy("label").flatten()],
            "failure": failure(),
        }
    )
)
