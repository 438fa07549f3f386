export interface Deferred<T> {
  /** Never reported as unhandled: whoever waits for it sees the rejection. */
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: Error): void;
}

export function defer<T>(): Deferred<T> {
  let resolve: Deferred<T>["resolve"] = () => undefined;
  let reject: Deferred<T>["reject"] = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

/** For work that must stay silent: it is neither finished nor failed. */
export function forever(): Promise<never> {
  return new Promise(() => undefined);
}
