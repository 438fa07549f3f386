interface Waiting<T, R> {
  readonly item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/** A command line has room for more; a batch that fails is done again one by one, so it should not be too long. */
const LONGEST = 100;

/**
 * One at a time, and what arrives meanwhile is done together: many lanes that push at once are one push. `work` gives
 * a result for each item, in order, and must bear repetition: a batch that it rejects is done again item by item, so
 * that each one's failure is its own; but not after a failure that `isShared` by all.
 */
export function inBatches<T, R>(
  work: (items: readonly T[]) => Promise<readonly R[]>,
  isShared: (error: unknown) => boolean,
): (item: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = [];
  let isWorking = false;

  const doAll = async (): Promise<void> => {
    isWorking = true;
    while (waiting.length > 0) await doBatch(waiting.splice(0, LONGEST), work, isShared);
    isWorking = false;
  };
  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isWorking) void doAll();
    });
}

/** Never rejects: who waits is told. */
async function doBatch<T, R>(
  batch: readonly Waiting<T, R>[],
  work: (items: readonly T[]) => Promise<readonly R[]>,
  isShared: (error: unknown) => boolean,
): Promise<void> {
  try {
    const results = await work(batch.map(({ item }) => item));
    batch.forEach(({ resolve }, index) => resolve(results[index] as R));
  } catch (error) {
    if (batch.length === 1 || isShared(error)) for (const { reject } of batch) reject(error);
    else for (const one of batch) await doBatch([one], work, isShared);
  }
}
