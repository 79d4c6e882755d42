{{/* Where things are in the container. */}}
{{- define "logpushd.places" -}}
settings: /etc/logpushd/settings
manifest: /etc/logpushd/manifest
secrets: /etc/logpushd/secrets
cloudflare: /etc/logpushd/cloudflare
http: /etc/logpushd/http
state: /var/lib/logpushd
kubernetes: /var/run/secrets/kubernetes.io/serviceaccount
{{- end -}}

{{/* Where the manifest comes from: inline, git or configMaps. The schema lets only one of them be set. */}}
{{- define "logpushd.manifestFrom" -}}
{{- if .Values.manifest.inline -}}inline
{{- else if .Values.manifest.git.url -}}git
{{- else -}}configMaps
{{- end -}}
{{- end -}}

{{/* The ConfigMaps of the manifest, as a list under "maps": their names, and the folders they are mounted as. */}}
{{- define "logpushd.manifestMaps" -}}
{{- $from := include "logpushd.manifestFrom" . -}}
{{- $maps := list -}}
{{- if eq $from "inline" -}}
{{- $maps = append $maps (dict "name" (printf "%s-manifest" (include "logpushd.fullname" .)) "folder" "inline") -}}
{{- else if eq $from "configMaps" -}}
{{- range default (list "logpushd-manifest") .Values.manifest.configMaps -}}
{{- $maps = append $maps (dict "name" . "folder" .) -}}
{{- end -}}
{{- end -}}
{{- toYaml (dict "maps" $maps) -}}
{{- end -}}

{{/* What settings call the manifest, under "manifest": folders, or ConfigMaps to watch. */}}
{{- define "logpushd.manifestSetting" -}}
{{- $root := (include "logpushd.places" . | fromYaml).manifest -}}
{{- $maps := (include "logpushd.manifestMaps" . | fromYaml).maps -}}
{{- $names := list -}}
{{- $folders := list -}}
{{- range $maps -}}
{{- $names = append $names .name -}}
{{- $folders = append $folders (printf "%s/%s" $root .folder) -}}
{{- end -}}
{{- if eq (include "logpushd.manifestFrom" .) "git" -}}
{{- $folders = append $folders (printf "%s/git/current/%s" $root .Values.manifest.git.path | trimSuffix "/") -}}
{{- end -}}
{{- $watched := dict "kubernetes" (dict "configMaps" $names) -}}
{{- toYaml (dict "manifest" (ternary $watched $folders .Values.manifest.watchConfigMaps)) -}}
{{- end -}}

{{/* The settings file: what the values say, and what only the chart can know. */}}
{{- define "logpushd.settings" -}}
{{- $places := include "logpushd.places" . | fromYaml -}}
{{- $host := ternary (printf "[%s]" .Values.http.host) .Values.http.host (contains ":" .Values.http.host) -}}
{{- $states := dict
  "volume" (printf "file:%s/state" $places.state)
  "cluster" (printf "kubernetes:%s" (include "logpushd.stateName" .))
  "memory" "memory"
-}}
{{- $own := dict
  "manifest" (include "logpushd.manifestSetting" . | fromYaml).manifest
  "secrets_dir" $places.secrets
  "state" (get $states .Values.state)
  "http" (printf "%s:8080" $host)
-}}
{{- if include "logpushd.elects" . -}}
{{- $_ := set $own "leader_election" (dict "enabled" true "lease_name" (include "logpushd.fullname" .)) -}}
{{- end -}}
{{- toYaml (merge $own .Values.settings) -}}
{{- end -}}
