/** An async iterable over a plain iterable, without the extra turns of an async generator. */
export function iterate(items) {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.iterator]();
      return {
        next: async () => iterator.next(),
        return: async (value) => ({ done: true, value }),
      };
    },
  };
}

/** A stream over a plain iterable that produces only when it is asked. */
export function streamOf(items) {
  const iterator = items[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** What arrives by message, read with `for await`; it holds back nobody. */
export class Arrivals {
  #items = [];
  #at = 0;
  #ended = false;
  #waiting;

  push(value) {
    if (this.#waiting) {
      this.#waiting({ done: false, value });
      this.#waiting = undefined;
    } else {
      this.#items.push(value);
    }
  }

  end() {
    this.#ended = true;
    this.#waiting?.({ done: true, value: undefined });
  }

  next() {
    if (this.#at < this.#items.length) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #take() {
    const value = this.#items[this.#at++];
    if (this.#at === this.#items.length) {
      this.#items = [];
      this.#at = 0;
    }
    return value;
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
