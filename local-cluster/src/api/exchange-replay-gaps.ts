/**
 * Steps of the recordings that this cluster does not answer alike, by file, and why. All of them are moments or leftovers of
 * the recorded machine. Watches are tested elsewhere (cluster.test.ts, client-node.test.ts); kubectl's own exchanges are not
 * replayed but run, in e2e/ and cluster.test.ts.
 */
export const NOT_HELD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'delete-foreground.json': {
    'replicasets at once':
      'read between the mark on the ReplicaSet and that on its pods; here both are marked in one go',
  },
  'deployment-controller.json': {
    'deployment 0.3 s later': 'read while the new pod ran and was not ready; a simulated one is ready at once',
  },
  'patch-merge.json': {
    'containers list is replaced': 'the controller had lost a race against this very client and tried again',
  },
  'pod-logs.json': {
    'previous of a crashed container':
      'the log had been removed under the kubelet; here the last container keeps its log',
  },
  'scale-subresource.json': {
    'deployment generation moved': 'the controller was one generation behind',
  },
  'table-output.json': {
    pods: 'a pod whose image cannot be pulled has an address there; here it gets one with its first container',
  },
};
