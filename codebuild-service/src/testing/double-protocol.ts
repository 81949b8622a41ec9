/** What the parts of the stand-in for AWS share: operations by name, and refusals in the form that the SDK reads. */
export type Operations = Readonly<
  Record<string, (input: Record<string, unknown>) => Record<string, unknown> | Promise<Record<string, unknown>>>
>;

/** Answered as `{"__type": …, "message": …}`. */
export class DoubleRefusal extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}
