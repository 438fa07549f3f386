/** What was opened, to be closed in the opposite order (`AsyncDisposableStack` came after Node 20). */
export interface Closing extends AsyncDisposable {
  use<T extends AsyncDisposable>(opened: T): T;
}

export function closing(): Closing {
  const opened: AsyncDisposable[] = [];
  return {
    use(one) {
      opened.push(one);
      return one;
    },
    async [Symbol.asyncDispose]() {
      const errors: unknown[] = [];
      for (let one = opened.pop(); one !== undefined; one = opened.pop()) {
        try {
          await one[Symbol.asyncDispose]();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
