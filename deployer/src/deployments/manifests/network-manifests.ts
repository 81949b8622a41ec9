/** Service, route and namespace of one release: pure. */
import type { Manifest } from '../../ports/cluster.js';
import { FIELD_MANAGER, LABEL, metadataOf } from './identity.js';
import { PORT_NAME, podSelector, type ReleaseWorkload } from './workload-manifest.js';

export const SERVICE_PORT = 80;

/** Marked as made by the platform, for no one application: several share it. */
export const namespaceManifest = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { [LABEL.managedBy]: FIELD_MANAGER } },
});

/** The target is the port's name, not its number: a release may listen elsewhere than the one it replaces, and both answer. */
export const serviceManifest = (of: ReleaseWorkload): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadataOf(of, of.application),
  spec: {
    type: of.workload.service_type,
    selector: podSelector(of),
    ports: [
      {
        name: PORT_NAME,
        port: SERVICE_PORT,
        protocol: 'TCP',
        targetPort: PORT_NAME,
        ...(of.workload.node_port !== undefined && of.workload.service_type !== 'ClusterIP'
          ? { nodePort: of.workload.node_port }
          : {}),
      },
    ],
  },
});

export const ingressManifest = (of: ReleaseWorkload): Manifest | undefined => {
  const { route } = of.workload;
  if (route === undefined) return undefined;
  const backend = { service: { name: of.application, port: { number: SERVICE_PORT } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: metadataOf(of, of.application),
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: route.host, http: { paths: [{ path: route.path, pathType: 'Prefix', backend }] } }],
    },
  };
};
