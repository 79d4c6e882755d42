import type { Scrub } from '../core/render/shown-value.ts';
import type { Parts } from '../compose.ts';
import { eventSender } from '../edges/kubernetes/event-sender.ts';
import { configMapOf } from '../edges/kubernetes/manifest-text.ts';
import { podOf } from '../edges/kubernetes/pod.ts';
import { Announcer } from '../reconcile/cluster-event/announcer.ts';
import { type ClusterObject, EventRecorder } from '../reconcile/cluster-event/recorder.ts';
import type { Emit } from '../reconcile/ports.ts';
import type { Settings } from '../settings.ts';

interface ClusterEventOptions extends Pick<Parts, 'cluster' | 'clock' | 'origin'> {
  readonly scrub: Scrub;
  readonly emit: Emit;
}

/** What tells the people of a cluster by Events; null where the settings say that nobody is told so. @throws ClusterError */
export async function openClusterEvents(
  { kubernetes, manifest, election, environment }: Settings,
  { cluster, clock, origin, scrub, emit }: ClusterEventOptions,
): Promise<Announcer | null> {
  if (!kubernetes.events) return null;
  const { namespace } = await cluster();
  const pod = podOf(environment.reveal());
  const startedAt = clock.now().toString(36);
  let made = 0;
  const objectOf = (file: string | undefined): ClusterObject => {
    const [first] = manifest.kind === 'config-maps' ? manifest.names : [];
    const name = (file === undefined ? null : configMapOf(file)) ?? first;
    const [kind, held, uid] =
      name === undefined ? ['Pod', pod.name, pod.uid] : ['ConfigMap', name, origin.uidOf(name)];
    return {
      apiVersion: 'v1',
      kind: kind ?? '',
      namespace,
      name: held ?? '',
      ...(uid !== undefined && { uid }),
    };
  };
  return new Announcer({
    recorder: new EventRecorder({
      newName: () => `${pod.name.slice(0, 200).replace(/[-.]+$/, '')}.${startedAt}-${++made}`,
      scrub,
    }),
    send: eventSender(cluster, pod),
    objectOf,
    lease: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: election.leaseName },
    clock,
    emit,
  });
}
