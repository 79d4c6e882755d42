import { LABEL } from './codec.ts';
import { destinationType } from './destination-type.ts';

export const IBM_CLOUD_LOGS = destinationType({
  type: 'ibm-cloud-logs',
  place: 'ibmcl://{instance_id}.ingress.{region}.logs.cloud.ibm.com/logs/v1/singles',
  codecs: { instance_id: LABEL, region: LABEL },
  params: [{ key: 'api_key', name: 'ibm_api_key', secret: true }],
  batch: { receiver: 'IBM Cloud Logs', rule: 'asked', bytes: 2_000_000 },
  output: {
    isMet: ({ batch_prefix: prefix, batch_suffix: suffix }) =>
      typeof prefix === 'string' && prefix.startsWith('[') && suffix === ']',
    message:
      'IBM Cloud Logs takes a JSON list. Write batch_prefix: "[", batch_suffix: "]", record_delimiter: "," into output_options.',
  },
});
