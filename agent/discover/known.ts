// The servers that discovery knows by name. A list of facts: how their programs and Windows services are called, and what they are.

export type ServerRole = 'database' | 'web' | 'application' | 'remote' | 'system';

export interface KnownServer {
  name: string;
  zh: string;
  role: ServerRole;
  /** Against the kernel's short name and the base name of the program. */
  program?: RegExp;
  /** Against the name of the Windows service. */
  windows?: RegExp;
  /** As the backup unit calls it. */
  engine?: 'sqlserver' | 'oracle' | 'mysql' | 'mariadb' | 'postgresql' | 'mongodb';
}

export const KNOWN_SERVERS: readonly KnownServer[] = [
  {
    name: 'mariadb',
    zh: 'MariaDB 数据库',
    role: 'database',
    engine: 'mariadb',
    program: /^mariadbd$/,
    windows: /^MariaDB/i,
  },
  {
    name: 'mysql',
    zh: 'MySQL 数据库',
    role: 'database',
    engine: 'mysql',
    program: /^mysqld(-debug)?$/,
    windows: /^MySQL/i,
  },
  {
    name: 'postgresql',
    zh: 'PostgreSQL 数据库',
    role: 'database',
    engine: 'postgresql',
    program: /^(postgres|postmaster)$/,
    windows: /^postgresql/i,
  },
  {
    name: 'sqlserver',
    zh: 'SQL Server 数据库',
    role: 'database',
    engine: 'sqlserver',
    program: /^sqlservr$/,
    windows: /^MSSQL(SERVER$|\$)/i,
  },
  {
    name: 'sqlagent',
    zh: 'SQL Server 代理（备份作业由它执行）',
    role: 'database',
    windows: /^(SQLSERVERAGENT$|SQLAgent\$)/i,
  },
  {
    name: 'oracle',
    zh: 'Oracle 数据库',
    role: 'database',
    engine: 'oracle',
    program: /^ora_pmon_/,
    windows: /^OracleService/i,
  },
  {
    name: 'oracle-listener',
    zh: 'Oracle 监听',
    role: 'database',
    program: /^tnslsnr$/,
    windows: /^Oracle.*TNSListener/i,
  },
  {
    name: 'mongodb',
    zh: 'MongoDB 数据库',
    role: 'database',
    engine: 'mongodb',
    program: /^mongod$/,
    windows: /^MongoDB/i,
  },
  { name: 'dameng', zh: '达梦数据库', role: 'database', program: /^dmserver$/, windows: /^DmService/i },
  { name: 'kingbase', zh: '人大金仓数据库', role: 'database', program: /^kingbase$/, windows: /^kingbase/i },
  { name: 'redis', zh: 'Redis 缓存', role: 'database', program: /^redis-server$/, windows: /^Redis/i },
  { name: 'nginx', zh: 'Nginx 网站服务', role: 'web', program: /^nginx(\.exe)?$/, windows: /^nginx/i },
  {
    name: 'apache',
    zh: 'Apache 网站服务',
    role: 'web',
    program: /^(apache2|httpd)$/,
    windows: /^(Apache2|httpd)/i,
  },
  { name: 'iis', zh: 'IIS 网站服务', role: 'web', windows: /^W3SVC$/i },
  { name: 'lighttpd', zh: 'Lighttpd 网站服务', role: 'web', program: /^(lighttpd|caddy)$/ },
  { name: 'tomcat', zh: 'Tomcat 应用服务', role: 'application', windows: /^Tomcat/i },
  { name: 'java', zh: 'Java 应用（如 Tomcat）', role: 'application', program: /^(java|jsvc)$/ },
  { name: 'node', zh: 'Node.js 应用', role: 'application', program: /^node$/ },
  { name: 'dotnet', zh: '.NET 应用', role: 'application', program: /^dotnet$/ },
  { name: 'php-fpm', zh: 'PHP 应用', role: 'application', program: /^php-fpm[\d.]*$/ },
  { name: 'rabbitmq', zh: 'RabbitMQ 消息队列', role: 'application', windows: /^RabbitMQ/i },
  {
    name: 'docker',
    zh: 'Docker 容器服务',
    role: 'system',
    program: /^dockerd$/,
    windows: /^(docker|com\.docker\.service)$/i,
  },
  {
    name: 'cron',
    zh: '计划任务（备份作业常由它执行）',
    role: 'system',
    program: /^(cron|crond)$/,
    windows: /^Schedule$/i,
  },
  { name: 'sshd', zh: '远程登录（SSH）', role: 'remote', program: /^sshd$/, windows: /^sshd$/i },
  { name: 'remote-desktop', zh: '远程桌面', role: 'remote', program: /^xrdp$/, windows: /^TermService$/i },
  {
    name: 'sunlogin',
    zh: '向日葵远程协助',
    role: 'remote',
    program: /^(sunlogin.*|oray_rundaemon)$/i,
    windows: /^SunloginService/i,
  },
  {
    name: 'todesk',
    zh: 'ToDesk 远程协助',
    role: 'remote',
    program: /^ToDesk(_Service)?$/i,
    windows: /^ToDesk/i,
  },
  {
    name: 'rustdesk',
    zh: 'RustDesk 远程协助',
    role: 'remote',
    program: /^rustdesk$/i,
    windows: /^RustDesk/i,
  },
  {
    name: 'teamviewer',
    zh: 'TeamViewer 远程协助',
    role: 'remote',
    program: /^teamviewerd$/i,
    windows: /^TeamViewer/i,
  },
  {
    name: 'openvpn',
    zh: 'OpenVPN 专线',
    role: 'remote',
    program: /^openvpn$/,
    windows: /^OpenVPN(Service|ServiceInteractive)?$/i,
  },
  { name: 'wireguard', zh: 'WireGuard 专线', role: 'remote', windows: /^WireGuard/i },
];
