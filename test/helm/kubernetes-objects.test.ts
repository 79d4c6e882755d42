import { expect, it } from 'vitest';
import { schemaFindings } from './kubernetes-objects.ts';

const container = { name: 'a', image: 'a', ports: [{ containerPort: 80 }] };
const deployment = (spec: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: { selector: {}, template: { spec: { containers: [container] } }, ...spec },
});

it('has nothing against an object that is as Kubernetes documents it', async () => {
  expect(await schemaFindings([deployment({ replicas: 1 })])).toEqual([]);
});

it.each([
  ['a wrong type', deployment({ replicas: '1' }), /replicas/],
  ['a missing field', deployment({ selector: undefined }), /selector/],
  ['a field that does not exist', deployment({ replica: 1 }), /replica/],
  [
    'a field that does not exist, deep inside',
    deployment({ template: { spec: { containers: [{ ...container, imge: 'a' }] } } }),
    /imge/,
  ],
  ['a kind that does not exist', { ...deployment({}), kind: 'Deploy' }, /Deploy/],
  ['a version that does not exist', { ...deployment({}), apiVersion: 'apps/v3' }, /apps\/v3/],
  [
    'a custom resource with a wrong field',
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: 'a' },
      spec: { selector: {}, endpoints: [{ prt: 'http' }] },
    },
    /prt/,
  ],
])('finds %s', async (_, object, finding) => {
  const findings = await schemaFindings([object]);
  expect(findings.join('\n')).toMatch(finding);
});
