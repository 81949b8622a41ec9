import { applyPatch, type Operation } from 'rfc6902';
import { cloneJson } from '../store/json-tree.js';
import { StatusError, badRequest } from '../store/status-error.js';

const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

/** RFC 6902. A patch that does not apply is 422 without a word on which step, as in Kubernetes. */
export const applyJsonPatch = <T>(target: T, patch: unknown): T => {
  if (!Array.isArray(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  const known = patch.every(
    (step: unknown) =>
      typeof step === 'object' && step !== null && OPERATIONS.has(String((step as { op?: unknown }).op)),
  );
  const result = cloneJson(target);
  const errors = known ? applyPatch(result, patch as Operation[]) : [new Error('unknown operation')];
  if (errors.some((error) => error !== null))
    throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  return result;
};
