/**
 * The one node of this cluster: this machine. Registers it, keeps its Lease and conditions fresh (every 10 s the Lease,
 * every 5 min the conditions, as the kubelet does), and says in nodeInfo which runtimes it has.
 */
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import type { Condition, Node } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { kubeTime } from '../controllers/conditions.js';

export const NODE_NAME = 'local';
const LEASE_EVERY_MS = 10_000;
const STATUS_EVERY_MS = 300_000;
const MAX_PODS = 1000;

export class NodeStatus {
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly client: ClusterClient,
    /** `docker://29.0`, `process://1`, joined. */
    private readonly runtimeVersion: string,
    private readonly version: string,
  ) {}

  start(): void {
    this.register();
    this.renewLease();
    this.timers = [
      setInterval(() => this.renewLease(), LEASE_EVERY_MS),
      setInterval(() => this.renewStatus(), STATUS_EVERY_MS),
    ];
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  private register(): void {
    const labels = {
      'kubernetes.io/hostname': NODE_NAME,
      'kubernetes.io/os': platform(),
      'kubernetes.io/arch': arch() === 'x64' ? 'amd64' : arch(),
      'node-role.kubernetes.io/control-plane': '',
    };
    if (this.client.get('core/nodes', undefined, NODE_NAME) === undefined)
      this.client.create<Node>('core/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: NODE_NAME, labels },
        spec: {},
      });
    this.renewStatus();
  }

  private renewStatus(): void {
    const now = kubeTime();
    this.client.updateStatus<Node>('core/nodes', undefined, NODE_NAME, (node) => {
      const ready = (type: string, status: 'True' | 'False', reason: string, message: string): Condition =>
        ({
          type,
          status,
          lastHeartbeatTime: now,
          lastTransitionTime:
            node.status?.conditions?.find((one) => one.type === type && one.status === status)?.lastTransitionTime ??
            now,
          reason,
          message,
        }) as Condition;
      const capacity = {
        cpu: String(cpus().length),
        memory: `${String(Math.floor(totalmem() / 1024))}Ki`,
        pods: String(MAX_PODS),
      };
      node.status = {
        capacity,
        allocatable: capacity,
        conditions: [
          ready('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
          ready('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
          ready('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
          ready('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
        ],
        addresses: [
          { type: 'InternalIP', address: '127.0.0.1' },
          { type: 'Hostname', address: hostname() },
        ],
        nodeInfo: {
          machineID: '',
          systemUUID: '',
          bootID: '',
          kernelVersion: release(),
          osImage: `${platform()} (local-cluster)`,
          containerRuntimeVersion: this.runtimeVersion,
          kubeletVersion: this.version,
          kubeProxyVersion: '',
          operatingSystem: platform(),
          architecture: arch() === 'x64' ? 'amd64' : arch(),
        },
      };
      return node;
    });
  }

  private renewLease(): void {
    const spec = {
      holderIdentity: NODE_NAME,
      leaseDurationSeconds: 40,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    };
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: NODE_NAME, namespace: 'kube-node-lease' },
      spec,
    };
    if (this.client.get('coordination.k8s.io/leases', 'kube-node-lease', NODE_NAME) === undefined)
      this.client.create('coordination.k8s.io/leases', lease);
    else
      this.client.update('coordination.k8s.io/leases', 'kube-node-lease', NODE_NAME, (present) => ({
        ...present,
        spec,
      }));
  }
}
