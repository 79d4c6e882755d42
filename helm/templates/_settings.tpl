{{/* Where things are in the container. */}}
{{- define "logpushd.places" -}}
settings: /etc/logpushd/settings
manifest: /etc/logpushd/manifest
secrets: /etc/logpushd/secrets
cloudflare: /etc/logpushd/cloudflare
http: /etc/logpushd/http
state: /var/lib/logpushd
{{- end -}}

{{/* Where the manifest comes from: inline, git or configMaps. The schema lets only one of them be set. */}}
{{- define "logpushd.manifestFrom" -}}
{{- if .Values.manifest.inline -}}inline
{{- else if .Values.manifest.git.url -}}git
{{- else -}}configMaps
{{- end -}}
{{- end -}}

{{/* The ConfigMaps of the manifest, as a list under "names". */}}
{{- define "logpushd.manifestConfigMaps" -}}
{{- $names := list -}}
{{- if eq (include "logpushd.manifestFrom" .) "configMaps" -}}
{{- $names = default (list "logpushd-manifest") .Values.manifest.configMaps -}}
{{- end -}}
{{- toYaml (dict "names" $names) -}}
{{- end -}}

{{/* The folders of the manifest, as a list under "paths". */}}
{{- define "logpushd.manifestPaths" -}}
{{- $root := (include "logpushd.places" . | fromYaml).manifest -}}
{{- $manifest := .Values.manifest -}}
{{- $paths := list -}}
{{- $from := include "logpushd.manifestFrom" . -}}
{{- if eq $from "inline" -}}
{{- $paths = append $paths (printf "%s/inline" $root) -}}
{{- else if eq $from "git" -}}
{{- $paths = append $paths (printf "%s/git/current/%s" $root $manifest.git.path | trimSuffix "/") -}}
{{- end -}}
{{- range (include "logpushd.manifestConfigMaps" . | fromYaml).names -}}
{{- $paths = append $paths (printf "%s/%s" $root .) -}}
{{- end -}}
{{- toYaml (dict "paths" $paths) -}}
{{- end -}}

{{/* The settings file: what the values say, and what only the chart can know. */}}
{{- define "logpushd.settings" -}}
{{- $places := include "logpushd.places" . | fromYaml -}}
{{- $host := ternary (printf "[%s]" .Values.http.host) .Values.http.host (contains ":" .Values.http.host) -}}
{{- $own := dict
  "manifest" (include "logpushd.manifestPaths" . | fromYaml).paths
  "secrets_dir" $places.secrets
  "state" (ternary (printf "file:%s/state" $places.state) "memory" .Values.persistence.enabled)
  "http" (printf "%s:8080" $host)
-}}
{{- toYaml (merge $own .Values.settings) -}}
{{- end -}}
