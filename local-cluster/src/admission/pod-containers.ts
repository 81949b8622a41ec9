import type { Container, PodSpec } from '../resources/types.js';

/** Every container of a pod, init containers first, with the list it stands in. A spec that is no spec has none. */
export interface ListedContainer {
  readonly container: Container;
  readonly init: boolean;
}

export const containersOf = (spec: PodSpec | undefined): ListedContainer[] => [
  ...listed(spec?.initContainers, true),
  ...listed(spec?.containers, false),
];

const listed = (containers: unknown, init: boolean): ListedContainer[] =>
  Array.isArray(containers) ? (containers as Container[]).map((container) => ({ container, init })) : [];
