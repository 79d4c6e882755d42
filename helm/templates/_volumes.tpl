{{- define "logpushd.mounts" -}}
{{- $context := index . 0 -}}
{{- $pod := index . 1 -}}
{{- $values := $context.Values -}}
{{- $places := include "logpushd.places" $context | fromYaml -}}
- { name: settings, mountPath: {{ $places.settings }}, readOnly: true }
- { name: cloudflare, mountPath: {{ $places.cloudflare }}, readOnly: true }
{{- if eq (include "logpushd.manifestFrom" $context) "git" }}
- { name: git, mountPath: {{ $places.manifest }}/git, readOnly: true }
{{- end }}
{{- range $index, $map := (include "logpushd.mountedMaps" $context | fromYaml).maps }}
- { name: manifest-{{ $index }}, mountPath: {{ printf "%s/%s" $places.manifest $map.folder | quote }}, readOnly: true }
{{- end }}
{{- if $values.secrets }}
- { name: secrets, mountPath: {{ $places.secrets }}, readOnly: true }
{{- end }}
{{- if $values.http.existingSecret }}
- { name: http, mountPath: {{ $places.http }}, readOnly: true }
{{- end }}
{{- if and $pod.lasting (include "logpushd.hasClaim" $context) }}
- { name: state, mountPath: {{ $places.state }} }
{{- end }}
{{- if include "logpushd.rules" $context }}
- { name: kubernetes, mountPath: {{ $places.kubernetes }}, readOnly: true }
{{- end }}
{{- with $values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The ConfigMaps of the manifest that are mounted: none of them where logpushd reads them through the API. */}}
{{- define "logpushd.mountedMaps" -}}
{{- $maps := (include "logpushd.manifestMaps" . | fromYaml).maps -}}
{{- toYaml (dict "maps" (ternary list $maps .Values.manifest.watchConfigMaps)) -}}
{{- end -}}

{{- define "logpushd.volumes" -}}
{{- $context := index . 0 -}}
{{- $pod := index . 1 -}}
{{- $values := $context.Values -}}
{{- $fullname := include "logpushd.fullname" $context -}}
- name: settings
  configMap: { name: {{ $fullname }}-settings }
- name: cloudflare
  secret:
    secretName: {{ $values.cloudflare.existingSecret | quote }}
    defaultMode: 288 # 0440
    items: [{ key: {{ $values.cloudflare.tokenKey | quote }}, path: token }]
{{- range $index, $map := (include "logpushd.mountedMaps" $context | fromYaml).maps }}
- name: manifest-{{ $index }}
  configMap: { name: {{ $map.name | quote }} }
{{- end }}
{{- if eq (include "logpushd.manifestFrom" $context) "git" }}
- name: git
  emptyDir: { sizeLimit: 1Gi }
- name: git-sync-tmp
  emptyDir: { medium: Memory, sizeLimit: 16Mi }
{{- if ne $values.manifest.git.auth "none" }}
- name: git-auth
  secret:
    secretName: {{ $values.manifest.git.existingSecret | quote }}
    defaultMode: 288 # 0440
{{- end }}
{{- end }}
{{- if $values.secrets }}
- name: secrets
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- range $values.secrets }}
      - secret:
          {{- toYaml . | nindent 10 }}
      {{- end }}
{{- end }}
{{- if $values.http.existingSecret }}
- name: http
  secret:
    secretName: {{ $values.http.existingSecret | quote }}
    defaultMode: 288 # 0440
    items: [{ key: {{ $values.http.tokenKey | quote }}, path: token }]
{{- end }}
{{- if and $pod.lasting (include "logpushd.hasClaim" $context) }}
- name: state
  persistentVolumeClaim: { claimName: {{ include "logpushd.claimName" $context | quote }} }
{{- end }}
{{- if include "logpushd.rules" $context }}
- name: kubernetes
  projected:
    defaultMode: 288 # 0440
    sources:
      - serviceAccountToken: { path: token, expirationSeconds: 3600 }
      - configMap: { name: kube-root-ca.crt, items: [{ key: ca.crt, path: ca.crt }] }
      - downwardAPI: { items: [{ path: namespace, fieldRef: { apiVersion: v1, fieldPath: metadata.namespace } }] }
{{- end }}
{{- with $values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
