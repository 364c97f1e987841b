"""The official openai package, unchanged, against a gateway: GATEWAY_URL and API_KEY come from the environment. Prints one JSON object."""

import json
import os

import openai

client = openai.OpenAI(api_key=os.environ["API_KEY"], base_url=f"{os.environ['GATEWAY_URL']}/v1", max_retries=2)


def status_of(call):
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code]
    return ["none", 200, None]


text = client.embeddings.create(model="minilm-l6-v2", input="hello world")
floats = client.embeddings.create(model="minilm-l6-v2", input=["hello world", "another"], encoding_format="float")
tokens = client.embeddings.create(model="minilm-l6-v2", input=[[7592, 2088]])
raw = client.embeddings.with_raw_response.create(model="minilm-l6-v2", input="hello world")
stranger = openai.OpenAI(api_key="sk-none", base_url=f"{os.environ['GATEWAY_URL']}/v1", max_retries=0)

print(
    json.dumps(
        {
            "models": [model.id for model in client.models.list()],
            "dimensions": [len(each.embedding) for each in [*text.data, *floats.data, *tokens.data]],
            "same": abs(text.data[0].embedding[5] - floats.data[0].embedding[5]) < 1e-6
            and abs(text.data[0].embedding[5] - tokens.data[0].embedding[5]) < 1e-6,
            "usage": text.usage.total_tokens,
            "job": raw.headers["lamina-job-id"],
            "unknown_model": status_of(lambda: client.embeddings.create(model="absent", input="x")),
            "wrong_key": status_of(stranger.models.list),
            "bad_request": status_of(lambda: client.embeddings.create(model="minilm-l6-v2", input="x", dimensions=3)),
        }
    )
)
