# SPDX-License-Identifier: MIT
"""The peer of bench/http: the classical service, Flask under gunicorn around scikit-learn.

TF-IDF of the 500 most frequent terms, logistic regression, POST /predict with {"text"}; the answer has
the label, its probability and the three most probable labels.

    SEED_DATA=tickets.csv gunicorn -w 1 -b 127.0.0.1:PORT seed_service:app
"""

import csv
import os
import re
import string
import sys

import flask
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

csv.field_size_limit(sys.maxsize)
PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


def clean(text):
    return PUNCTUATION.sub("", text.lower()).strip()


def train(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    vectorizer = TfidfVectorizer(max_features=500)
    features = vectorizer.fit_transform(clean(text) for text, _ in rows)
    model = LogisticRegression(C=1, max_iter=1000)
    model.fit(features, [label for _, label in rows])
    return vectorizer, model


VECTORIZER, MODEL = train(os.environ["SEED_DATA"])
app = flask.Flask(__name__)


@app.post("/predict")
def predict():
    text = flask.request.get_json()["text"]
    probabilities = MODEL.predict_proba(VECTORIZER.transform([clean(text)]))[0]
    order = probabilities.argsort()[::-1][:3]
    return flask.jsonify(category=MODEL.classes_[order[0]],
                         confidence=float(probabilities[order[0]]),
                         top_3=[{"category": MODEL.classes_[i],
                                 "probability": float(probabilities[i])} for i in order])
