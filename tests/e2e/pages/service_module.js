// Nothing: that it can be registered is the question.
