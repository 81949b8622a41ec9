/**
 * The arrows that NetworkPolicies allow, as `from → to`. Inside the namespace a peer is the name of its pods; `service` stands
 * for all of them; another namespace and an address outside have the names below, or the end of the policy's own name
 * (`deployer-to-git`). Throws for a peer without a name.
 */
import type { KubeDocument } from './rendered.js';

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}
interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}
interface PolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly unknown[] }[];
  readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly unknown[] }[];
}

const NAME = 'app.kubernetes.io/name';
const COMPONENT = 'app.kubernetes.io/component';
/** On the pods by which cert-manager answers for a name. */
const CHALLENGE = 'acme.cert-manager.io/http01-solver';
const NAMESPACE = 'kubernetes.io/metadata.name';

export function networkArrows(objects: readonly KubeDocument[]): {
  readonly all: Set<string>;
  readonly unmatched: string[];
} {
  const services = objects
    .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.labels?.[COMPONENT] === 'service')
    .map(({ metadata }) => metadata.name);
  const pods = (selector: Selector): readonly string[] => {
    const labels = selector.matchLabels ?? {};
    const name = labels[NAME];
    if (name !== undefined) return [name];
    if (labels[COMPONENT] === 'service') return services;
    if (labels[CHALLENGE] === 'true') return ['certificate-challenge'];
    throw new Error(`a policy selects pods by something else: ${JSON.stringify(selector)}`);
  };
  const peers = (peer: Peer, outside: string | undefined): readonly string[] => {
    if (peer.ipBlock !== undefined) {
      if (outside === undefined) throw new Error(`an address without a name: ${peer.ipBlock.cidr}`);
      return [outside];
    }
    if (peer.namespaceSelector === undefined) return pods(peer.podSelector ?? {});
    const other = peer.namespaceSelector.matchLabels?.[NAMESPACE];
    if (other === 'kube-system') return ['dns'];
    if (other === 'aws-deployer-builder') return ['builder'];
    if (other === 'monitoring') return pods(peer.podSelector ?? {});
    if (peer.namespaceSelector.matchExpressions?.some(({ values }) => values?.includes('ingress-nginx')))
      return ['ingress'];
    throw new Error(`a namespace without a name: ${JSON.stringify(peer.namespaceSelector)}`);
  };
  const outgoing = new Set<string>();
  const incoming = new Set<string>();
  const within = new Set<string>();
  for (const { kind, metadata, spec } of objects as readonly (KubeDocument & { spec: PolicySpec })[]) {
    if (kind !== 'NetworkPolicy' || metadata.name === 'default-deny') continue;
    const outside = /-to-(.+)$/.exec(metadata.name)?.[1];
    for (const self of pods(spec.podSelector)) {
      for (const { from, ports } of spec.ingress ?? []) {
        if (from === undefined || ports === undefined)
          throw new Error(`${metadata.name} lets anyone in, or on any port`);
        for (const peer of from)
          for (const other of peers(peer, undefined)) {
            incoming.add(`${other} → ${self}`);
            if (peer.namespaceSelector === undefined) within.add(`${other} → ${self}`);
          }
      }
      for (const { to, ports } of spec.egress ?? []) {
        if (to === undefined || ports === undefined)
          throw new Error(`${metadata.name} lets out to anyone, or on any port`);
        for (const peer of to)
          for (const other of peers(peer, outside)) {
            outgoing.add(`${self} → ${other}`);
            if (peer.namespaceSelector === undefined && peer.ipBlock === undefined) within.add(`${self} → ${other}`);
          }
      }
    }
  }
  return {
    all: new Set([...outgoing, ...incoming]),
    unmatched: [...within].filter((arrow) => !outgoing.has(arrow) || !incoming.has(arrow)),
  };
}
