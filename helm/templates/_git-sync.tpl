{{/*
git-sync for [context, goes on?]. As a side-car that starts first: its startup probe passes with the first checkout, so that logpushd
never starts without a manifest.
*/}}
{{- define "logpushd.gitSync" -}}
{{- $context := index . 0 -}}
{{- $lasting := index . 1 -}}
{{- $git := $context.Values.manifest.git -}}
{{- $arguments := list
  (printf "--repo=%s" $git.url)
  (printf "--ref=%s" $git.ref)
  "--root=/git"
  "--link=current"
  "--depth=1"
  (printf "--period=%ds" (int $git.intervalSeconds))
-}}
{{- if $lasting -}}
{{- $arguments = concat $arguments (list "--http-bind=:8081" "--max-failures=-1") -}}
{{- else -}}
{{- $arguments = append $arguments "--one-time" -}}
{{- end -}}
{{- if eq $git.auth "password" -}}
{{- $arguments = append $arguments "--password-file=/etc/git-auth/password" -}}
{{- else if eq $git.auth "ssh" -}}
{{- $arguments = concat $arguments (list "--ssh-key-file=/etc/git-auth/ssh" "--ssh-known-hosts-file=/etc/git-auth/known_hosts") -}}
{{- end -}}
name: git-sync
image: {{ include "logpushd.image" (list $context $git.image) | quote }}
imagePullPolicy: {{ $git.image.pullPolicy }}
{{- if $lasting }}
restartPolicy: Always
{{- end }}
args:
  {{- toYaml (concat $arguments $git.extraArgs) | nindent 2 }}
env:
  - { name: HOME, value: /tmp }
  {{- if eq $git.auth "password" }}
  - name: GITSYNC_USERNAME
    valueFrom:
      secretKeyRef: { name: {{ $git.existingSecret | quote }}, key: username }
  {{- end }}
securityContext:
  {{- toYaml (merge (dict "runAsUser" 65533) $context.Values.securityContext) | nindent 2 }}
resources:
  {{- toYaml $git.resources | nindent 2 }}
{{- if $lasting }}
ports:
  - { name: git-sync, containerPort: 8081, protocol: TCP }
startupProbe:
  httpGet: { path: /, port: git-sync }
  periodSeconds: 2
  failureThreshold: 150
{{- end }}
volumeMounts:
  - { name: git, mountPath: /git }
  - { name: git-sync-tmp, mountPath: /tmp }
  {{- if ne $git.auth "none" }}
  - { name: git-auth, mountPath: /etc/git-auth, readOnly: true }
  {{- end }}
{{- end -}}
