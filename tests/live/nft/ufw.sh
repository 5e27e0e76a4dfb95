# Rules in the manner of ufw and fail2ban, made with iptables: chains for each hook, logging with a limit, a jail.
i() { iptables-nft "$@" || exit 1; }
for hook in input forward output; do
  for part in before after user reject track skip-to-policy; do i -N ufw-$part-$hook; done
done
for chain in ufw-user-limit ufw-user-limit-accept ufw-logging-deny ufw-not-local f2b-sshd; do i -N $chain; done
i -A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
i -A INPUT -j ufw-before-input
i -A ufw-before-input -i lo -j ACCEPT
i -A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
i -A ufw-before-input -m conntrack --ctstate INVALID -j DROP
i -A ufw-before-input -p icmp --icmp-type echo-request -j ACCEPT
i -A ufw-before-input -p udp --sport 67 --dport 68 -j ACCEPT
i -A ufw-before-input -j ufw-not-local
i -A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
i -A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
i -A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -m comment --comment "block" -j ACCEPT
i -A ufw-user-input -p tcp -m tcp --dport 443 -m comment --comment "dapp_https" -j ACCEPT
i -A ufw-user-limit-accept -j ACCEPT
i -A f2b-sshd -s 203.0.113.7/32 -j REJECT --reject-with icmp-port-unreachable
i -A f2b-sshd -j RETURN
i -D f2b-sshd -s 203.0.113.7/32 -j REJECT --reject-with icmp-port-unreachable
