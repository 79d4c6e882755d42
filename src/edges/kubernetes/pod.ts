import { hostname } from 'node:os';

/** This process, as a cluster knows it. */
export interface Pod {
  /** A name that a Kubernetes object can have. */
  readonly name: string;
  /** Undefined outside of a pod, or where the pod is not told. */
  readonly uid: string | undefined;
}

/** From the downward API, which the chart sets; else the host name, which is that of the pod too. */
export function podOf(environment: { readonly [name: string]: string | undefined }): Pod {
  const { POD_NAME: name = '', POD_UID: uid = '' } = environment;
  return { name: objectName(name === '' ? hostname() : name), uid: uid === '' ? undefined : uid };
}

function objectName(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .split('.')
    .map((part) => part.replaceAll(/^-+|-+$/g, ''))
    .filter((part) => part !== '')
    .join('.')
    .slice(0, 253)
    .replace(/[-.]+$/, '');
  return name === '' ? 'logpushd' : name;
}
