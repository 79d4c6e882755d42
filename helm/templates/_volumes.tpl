{{- define "logpushd.mounts" -}}
{{- $context := index . 0 -}}
{{- $pod := index . 1 -}}
{{- $values := $context.Values -}}
{{- $places := include "logpushd.places" $context | fromYaml -}}
- { name: settings, mountPath: {{ $places.settings }}, readOnly: true }
- { name: cloudflare, mountPath: {{ $places.cloudflare }}, readOnly: true }
{{- $from := include "logpushd.manifestFrom" $context }}
{{- if ne $from "configMaps" }}
- { name: manifest, mountPath: {{ $places.manifest }}/{{ $from }}, readOnly: true }
{{- end }}
{{- range $index, $name := (include "logpushd.manifestConfigMaps" $context | fromYaml).names }}
- { name: manifest-{{ $index }}, mountPath: {{ printf "%s/%s" $places.manifest $name | quote }}, readOnly: true }
{{- end }}
{{- if $values.secrets }}
- { name: secrets, mountPath: {{ $places.secrets }}, readOnly: true }
{{- end }}
{{- if $values.http.existingSecret }}
- { name: http, mountPath: {{ $places.http }}, readOnly: true }
{{- end }}
{{- if $values.persistence.enabled }}
- { name: state, mountPath: {{ $places.state }} }
{{- end }}
{{- with $values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
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
{{- range $index, $name := (include "logpushd.manifestConfigMaps" $context | fromYaml).names }}
- name: manifest-{{ $index }}
  configMap: { name: {{ $name | quote }} }
{{- end }}
{{- $from := include "logpushd.manifestFrom" $context }}
{{- if eq $from "inline" }}
- name: manifest
  configMap: { name: {{ $fullname }}-manifest }
{{- else if eq $from "git" }}
- name: manifest
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
{{- if $values.persistence.enabled }}
- name: state
  {{- if $pod.lasting }}
  persistentVolumeClaim: { claimName: {{ include "logpushd.claimName" $context | quote }} }
  {{- else }}
  emptyDir: { sizeLimit: 64Mi }
  {{- end }}
{{- end }}
{{- with $values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
