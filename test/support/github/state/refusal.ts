/** What GitHub answers instead of doing it. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly unknown[] | undefined;

  constructor(status: number, message: string, errors?: readonly unknown[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export const notFound = (): Refusal => new Refusal(404, "Not Found");

/** 422 about a field. */
export function invalid(resource: string, field: string, code = "invalid", message?: string): Refusal {
  return new Refusal(422, "Validation Failed", [
    { resource, field, code, ...(message === undefined ? {} : { message }) },
  ]);
}

/** 422 with sentences. */
export function unprocessable(...sentences: string[]): Refusal {
  return new Refusal(422, "Unprocessable Entity", sentences);
}
