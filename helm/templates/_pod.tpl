{{/*
The pod, for [context, {arguments, restartPolicy, daemon, lasting, component}]. A daemon has probes and a port, and its
git-sync goes on; any other pod ends, and gets its manifest once. One that is not lasting leaves the state alone.
*/}}
{{- define "logpushd.podTemplate" -}}
{{- $context := index . 0 -}}
{{- $pod := index . 1 -}}
{{- $values := $context.Values -}}
{{- $places := include "logpushd.places" $context | fromYaml -}}
metadata:
  annotations:
    {{- toYaml (merge (dict "checksum/settings" (include "logpushd.settings" $context | sha256sum)) $values.podAnnotations) | nindent 4 }}
  labels:
    {{- toYaml (merge (include "logpushd.selectorLabels" $context | fromYaml) (dict "app.kubernetes.io/component" $pod.component) $values.podLabels $values.commonLabels) | nindent 4 }}
spec:
  {{- with concat $values.global.imagePullSecrets $values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  serviceAccountName: {{ include "logpushd.serviceAccountName" $context | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  restartPolicy: {{ $pod.restartPolicy }}
  securityContext:
    {{- toYaml $values.podSecurityContext | nindent 4 }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with $values.runtimeClassName }}
  runtimeClassName: {{ . | quote }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $pod.daemon }}
  {{- with $values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    {{- $selector := dict "labelSelector" (dict "matchLabels" (include "logpushd.selectorLabels" $context | fromYaml)) }}
    - {{- toYaml (merge (deepCopy .) $selector (dict "matchLabelKeys" (list "pod-template-hash"))) | nindent 6 }}
    {{- end }}
  {{- end }}
  {{- end }}
  {{- with $values.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  dnsPolicy: {{ $values.dnsPolicy }}
  {{- with $values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq (include "logpushd.manifestFrom" $context) "git" }}
  initContainers:
    - {{- include "logpushd.gitSync" (list $context $pod.daemon) | nindent 6 }}
  {{- end }}
  containers:
    - name: logpushd
      image: {{ include "logpushd.image" (list $context $values.image) | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command:
        {{- include "logpushd.command" $context | nindent 8 }}
      args:
        {{- toYaml (concat $pod.arguments (list "--settings" (printf "%s/logpushd.yaml" $places.settings)) $values.extraArgs) | nindent 8 }}
      env:
        - { name: CLOUDFLARE_API_TOKEN_FILE, value: {{ printf "%s/token" $places.cloudflare }} }
        {{- if include "logpushd.rules" $context }}
        - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: POD_UID, valueFrom: { fieldRef: { fieldPath: metadata.uid } } }
        {{- end }}
        {{- if not $pod.lasting }}
        - { name: LOGPUSHD_STATE, value: memory }
        {{- end }}
        {{- if $values.http.existingSecret }}
        - { name: LOGPUSHD_HTTP_TOKEN_FILE, value: {{ printf "%s/token" $places.http }} }
        {{- end }}
        {{- with $values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- toYaml $values.securityContext | nindent 8 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      {{- if $pod.daemon }}
      ports:
        - { name: http, containerPort: 8080, protocol: TCP }
      startupProbe:
        httpGet: { path: /healthz, port: http }
        {{- toYaml $values.probes.startup | nindent 8 }}
      livenessProbe:
        httpGet: { path: /healthz, port: http }
        {{- toYaml $values.probes.liveness | nindent 8 }}
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        {{- toYaml $values.probes.readiness | nindent 8 }}
      {{- end }}
      volumeMounts:
        {{- include "logpushd.mounts" (list $context $pod) | nindent 8 }}
  volumes:
    {{- include "logpushd.volumes" (list $context $pod) | nindent 4 }}
{{- end -}}

{{/* Node, held to what docs/hardening.md says. */}}
{{- define "logpushd.command" -}}
{{- $flags := list "--max-old-space-size-percentage=75" "--disable-proto=delete" "--disable-sigusr1" "--report-exclude-env" -}}
{{- if .Values.node.permissions -}}
{{- $flags = concat $flags (list "--permission" "--allow-fs-read=/opt/logpushd" "--allow-fs-read=/etc/logpushd") -}}
{{- $places := include "logpushd.places" . | fromYaml -}}
{{- if include "logpushd.hasClaim" . -}}
{{- $flags = concat $flags (list (printf "--allow-fs-read=%s" $places.state) (printf "--allow-fs-write=%s" $places.state)) -}}
{{- end -}}
{{- if include "logpushd.rules" . -}}
{{- $flags = append $flags (printf "--allow-fs-read=%s" $places.kubernetes) -}}
{{- end -}}
{{- end -}}
{{- toYaml (concat (list "/usr/local/bin/node") $flags .Values.node.extraArgs (list "/opt/logpushd/bin/logpushd.mjs")) -}}
{{- end -}}
