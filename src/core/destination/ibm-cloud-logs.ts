import { LABEL } from './codec.ts';
import { destinationType } from './destination-type.ts';

/** Takes a JSON array, in batches of at most 2 MB. */
export const IBM_CLOUD_LOGS = destinationType({
  type: 'ibm-cloud-logs',
  place: 'ibmcl://{instance_id}.ingress.{region}.logs.cloud.ibm.com/logs/v1/singles',
  codecs: { instance_id: LABEL, region: LABEL },
  params: [{ key: 'api_key', name: 'ibm_api_key', secret: true }],
});
