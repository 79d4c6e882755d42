{{- define "logpushd.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 52 characters: Kubernetes adds 11 to the name of a CronJob for its Jobs. */}}
{{- define "logpushd.fullname" -}}
{{- $name := include "logpushd.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What never changes, as the selectors of a Deployment cannot be changed. */}}
{{- define "logpushd.selectorLabels" -}}
app.kubernetes.io/name: {{ include "logpushd.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "logpushd.labels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63)
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service
  "app.kubernetes.io/part-of" "logpushd"
-}}
{{- toYaml (merge (include "logpushd.selectorLabels" . | fromYaml) $own .Values.commonLabels) -}}
{{- end -}}

{{- define "logpushd.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "logpushd.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Of the claim of its own, or of the ConfigMaps, that hold the state. */}}
{{- define "logpushd.stateName" -}}
{{ include "logpushd.fullname" . }}-state
{{- end -}}

{{/* Whether there is a claim, with the state or with one that is to be moved: "yes", or nothing. */}}
{{- define "logpushd.hasClaim" -}}
{{- if or (eq .Values.state "volume") .Values.persistence.moveToCluster -}}yes{{- end -}}
{{- end -}}

{{- define "logpushd.claimName" -}}
{{- default (include "logpushd.stateName" .) .Values.persistence.existingClaim -}}
{{- end -}}

{{/* [context, image]: the name under which the node pulls it. A digest beats the tag. */}}
{{- define "logpushd.image" -}}
{{- $context := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := default $image.registry $context.Values.global.imageRegistry -}}
{{- $name := ternary (printf "%s/%s" $registry $image.repository) $image.repository (ne $registry "") -}}
{{- $tag := printf "%s:%s" $name (default $context.Chart.AppVersion $image.tag) -}}
{{- ternary (printf "%s@%s" $tag $image.digest) $tag (ne $image.digest "") -}}
{{- end -}}
