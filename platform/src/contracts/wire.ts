import { z } from 'zod';

/** Shapes that every service's wire shares. All wires are snake_case; instants are UTC RFC 3339 with milliseconds. */
export const Id = z.uuid().meta({ description: 'UUIDv7' });
export const Instant = z.iso.datetime({ offset: true });
/** A DNS-1123 label: what Kubernetes takes for names of namespaces and workloads. */
export const DnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'must be lower-case letters, digits and hyphens, at most 63, starting and ending with a letter or digit',
  );

export const ImageTag = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'must be letters, digits, dots, hyphens and underscores, at most 128');

export const FieldProblem = z.object({ field: z.string(), message: z.string(), mend: z.string() });
/** RFC 9457 problem details: the body of every error answer. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  request_id: z.string(),
  errors: z.array(FieldProblem),
});
export type Problem = z.infer<typeof Problem>;

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(500).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
