/** What `terraform show -json` says of a plan, as far as it is read here. It holds secrets in the clear: never keep or log it. */
import { z } from 'zod';

const Change = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  importing: z.unknown().optional(),
});
const ResourceChange = z.object({
  address: z.string(),
  previous_address: z.string().optional(),
  mode: z.string().default('managed'),
  type: z.string(),
  change: Change,
  action_reason: z.string().optional(),
});
export type PlannedChange = z.infer<typeof ResourceChange>;
const Resource = z.object({
  address: z.string(),
  mode: z.string(),
  type: z.string(),
  values: z.record(z.string(), z.unknown()).default({}),
});
export type PlannedResource = z.infer<typeof Resource>;
export interface PlannedModule {
  readonly resources?: PlannedResource[] | undefined;
  readonly child_modules?: PlannedModule[] | undefined;
}
const Module: z.ZodType<PlannedModule> = z.lazy(() =>
  z.object({ resources: z.array(Resource).optional(), child_modules: z.array(Module).optional() }),
);
const Values = z.object({
  root_module: Module.optional(),
  outputs: z.record(z.string(), z.object({ value: z.unknown().optional() })).optional(),
});

export const PlanJson = z.object({
  format_version: z.string().regex(/^1\./, 'is of a Terraform that this version does not know'),
  resource_changes: z.array(ResourceChange).default([]),
  resource_drift: z.array(ResourceChange).default([]),
  output_changes: z.record(z.string(), Change).default({}),
  planned_values: Values.optional(),
  prior_state: z.object({ values: Values.optional() }).optional(),
});
export type PlanJson = z.infer<typeof PlanJson>;

/** The managed resources of a module and of all below it. */
export function resourcesOf(module: PlannedModule | undefined): PlannedResource[] {
  if (module === undefined) return [];
  return [
    ...(module.resources ?? []).filter(({ mode }) => mode === 'managed'),
    ...(module.child_modules ?? []).flatMap(resourcesOf),
  ];
}
