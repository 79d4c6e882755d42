{{/* Whether replicas elect who of them writes: "yes", or nothing. */}}
{{- define "logpushd.elects" -}}
{{- if gt (int .Values.replicas) 1 -}}yes{{- end -}}
{{- end -}}

{{/* Whether there are Events: "yes", or nothing. */}}
{{- define "logpushd.makesEvents" -}}
{{- if dig "kubernetes" "events" false .Values.settings -}}yes{{- end -}}
{{- end -}}

{{/*
What logpushd may do in Kubernetes, as the rules of its Role; nothing where it asks nothing of Kubernetes. No right to create can
be held to a name.
*/}}
{{- define "logpushd.rules" -}}
{{- $configMaps := dict "apiGroups" (list "") "resources" (list "configmaps") -}}
{{- $rules := list -}}
{{- if include "logpushd.elects" . -}}
{{- $lease := dict "apiGroups" (list "coordination.k8s.io") "resources" (list "leases") "resourceNames" (list (include "logpushd.fullname" .)) -}}
{{- $rules = append $rules (merge $lease (dict "verbs" (list "get" "update"))) -}}
{{- end -}}
{{- if eq .Values.state "cluster" -}}
{{- $state := include "logpushd.stateName" . -}}
{{- $parts := list $state -}}
{{- range untilStep 1 64 1 -}}
{{- $parts = append $parts (printf "%s-%d" $state .) -}}
{{- end -}}
{{- $rules = append $rules (merge (dict "resourceNames" $parts "verbs" (list "get" "update")) $configMaps) -}}
{{- $rules = append $rules (merge (dict "verbs" (list "create")) $configMaps) -}}
{{- $rules = append $rules (dict "apiGroups" (list "") "resources" (list "secrets") "resourceNames" (list $state) "verbs" (list "get" "update")) -}}
{{- end -}}
{{- if .Values.manifest.watchConfigMaps -}}
{{- $names := list -}}
{{- range (include "logpushd.manifestMaps" . | fromYaml).maps -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- $rules = append $rules (merge (dict "resourceNames" $names "verbs" (list "get" "list" "watch")) $configMaps) -}}
{{- end -}}
{{- if include "logpushd.makesEvents" . -}}
{{- $rules = append $rules (dict "apiGroups" (list "events.k8s.io") "resources" (list "events") "verbs" (list "create" "patch")) -}}
{{- end -}}
{{- if $rules -}}
{{- toYaml $rules -}}
{{- end -}}
{{- end -}}
