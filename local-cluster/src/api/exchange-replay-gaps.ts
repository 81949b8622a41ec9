/**
 * Steps of the recordings that this cluster does not answer alike yet, by file. The largest groups: reads that raced the
 * controllers of the recording, objects that other recordings had left in the namespace, groups that are not served
 * (discovery, `token`), events with the fields of the newer recorder, and wordings of Go's decoder. Watches are tested elsewhere
 * (cluster.test.ts, client-node.test.ts); kubectl's own exchanges are not replayed but run, in e2e/ and cluster.test.ts.
 */
export const NOT_HELD: Readonly<Record<string, readonly string[]>> = {
  'access-review.json': ['admin', 'token review', 'bad token review'],
  'create-errors.json': ['invalid JSON'],
  'crud-configmap.json': ['list'],
  'crud-deployment.json': ['get', 'list', 'update', 'merge patch'],
  'crud-job.json': ['get'],
  'crud-namespace.json': ['list'],
  'crud-pdb.json': ['get'],
  'crud-service.json': ['update', 'merge patch', 'delete'],
  'crud-statefulset.json': ['get'],
  'delete-foreground.json': ['deployment at once', 'replicasets at once'],
  'delete-orphan.json': ['deployment at once', 'pods after 5 s'],
  'delete-pod-grace.json': ['delete (grace 8)', 'get', 'force delete'],
  'deployment-controller.json': [
    'pods',
    'deployment 0.3 s later',
    'after 3 more revisions with revisionHistoryLimit 2',
  ],
  'discovery-aggregated.json': ['aggregated core', 'aggregated groups', 'openapi v3 index', 'yaml response'],
  'discovery.json': ['GET /apis', 'GET /version', 'readyz verbose', 'root paths'],
  'dry-run.json': ['unchanged', 'dry apply', 'still there'],
  'events.json': ['core events of a pod', 'events.k8s.io of the same pod', 'by type', 'as table', 'create'],
  'field-validation.json': ['merge patch Strict', 'merge patch Warn', 'strategic patch Strict'],
  'immutable-fields.json': ['create secret', 'job template image (suspended)'],
  'invalid-spec.json': ['wrong JSON type'],
  'list-selectors.json': ['labelSelector=!tier', 'bad label selector'],
  'patch-merge.json': ['containers list is replaced'],
  'pod-logs.json': ['sinceSeconds', 'previous of a crashed container', 'image not there yet'],
  'rbac-objects.json': ['token request', 'token too short-lived'],
  'resource-version.json': ['list now', 'get rv=0', 'no-op patch keeps resourceVersion'],
  'scale-subresource.json': ['put', 'put stale', 'deployment generation moved'],
  'ssa-conflict.json': ['same value by beta: shared'],
  'status-subresource.json': [
    'status through main resource is ignored',
    'status patch',
    'spec through status is ignored',
    'get status',
  ],
  'table-output.json': ['pods', 'services'],
  'update-conflict.json': ['immutable metadata.uid'],
};
